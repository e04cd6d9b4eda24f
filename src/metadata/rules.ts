import type { Rule } from './rule.ts'
import { aggregateMetricDouble } from './rules/aggregate-metric-double.ts'
import { cartesian } from './rules/cartesian.ts'
import { classicSimilarity } from './rules/classic-similarity.ts'
import { constantKeyword } from './rules/constant-keyword.ts'
import { countedKeyword } from './rules/counted-keyword.ts'
import { dateFormats } from './rules/date-formats.ts'
import { dynamic } from './rules/dynamic.ts'
import { fieldNames } from './rules/field-names.ts'
import { flattened } from './rules/flattened.ts'
import { knownTypes } from './rules/known-types.ts'
import { matchOnlyText } from './rules/match-only-text.ts'
import { parent } from './rules/parent.ts'
import { passthrough } from './rules/passthrough.ts'
import { removedParameters } from './rules/removed-parameters.ts'
import { semantic, semanticText } from './rules/semantic-text.ts'
import { source } from './rules/source.ts'
import { sparseVector } from './rules/sparse-vector.ts'
import { stringType } from './rules/string-type.ts'
import { unsignedLong } from './rules/unsigned-long.ts'
import { subobjects } from './rules/subobjects.ts'
import { denseVector, knnVector } from './rules/vectors.ts'
import { vectorsInSource } from './rules/vectors-in-source.ts'
import { version } from './rules/version.ts'
import { wildcard } from './rules/wildcard.ts'

/** Every conversion of mappings, in the order in which they are applied; a new one is a file in rules/ and a line here. */
export const rules: readonly Rule[] = [
  parent,
  source,
  stringType,
  removedParameters,
  subobjects,
  fieldNames,
  dynamic,
  dateFormats,
  classicSimilarity,
  flattened,
  constantKeyword,
  wildcard,
  version,
  matchOnlyText,
  unsignedLong,
  countedKeyword,
  aggregateMetricDouble,
  passthrough,
  sparseVector,
  semanticText,
  semantic,
  denseVector,
  knnVector,
  ...cartesian,
  knownTypes,
  vectorsInSource,
]
