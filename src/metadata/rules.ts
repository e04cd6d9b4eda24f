import type { Rule } from './rule.ts'
import { constantKeyword } from './rules/constant-keyword.ts'
import { dateFormats } from './rules/date-formats.ts'
import { dynamic } from './rules/dynamic.ts'
import { fieldNames } from './rules/field-names.ts'
import { flattened } from './rules/flattened.ts'
import { knownTypes } from './rules/known-types.ts'
import { parent } from './rules/parent.ts'
import { removedParameters } from './rules/removed-parameters.ts'
import { source } from './rules/source.ts'
import { stringType } from './rules/string-type.ts'

/** Every conversion of mappings, in the order in which they are applied; a new one is a file in rules/ and a line here. */
export const rules: readonly Rule[] = [
  parent,
  source,
  stringType,
  removedParameters,
  fieldNames,
  dynamic,
  dateFormats,
  flattened,
  constantKeyword,
  knownTypes,
]
