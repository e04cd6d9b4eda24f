import { fieldTypes } from '../../src/metadata/fields.ts'
import { asText, settingsByName } from '../../src/metadata/tree.ts'
import type { IndexTask } from '../../src/model/plan.ts'

const words = (text: string): string[] => text.split(' ')

const xPack = words('constant_keyword wildcard version unsigned_long histogram aggregate_metric_double shape point geo_shape')
const modules = words(
  'scaled_float rank_feature rank_features match_only_text search_as_you_type token_count join percolator counted_keyword semantic_text rank_vectors',
)
const analysis = words('mapping ngram synonym')

/** Field types, parts of analysis, codecs that servers of the lab do not have, though their versions do as their makers distribute them. */
const lacks: readonly (readonly [dists: RegExp, words: readonly string[]])[] = [
  [/^elasticsearch-5/, ['geo_shape']],
  [/^elasticsearch-7\.10/, [...xPack, 'flattened', 'dense_vector']],
  [/^elasticsearch-7\.17/, [...xPack, ...analysis, 'dense_vector']],
  [/^elasticsearch-[89]/, [...xPack, ...modules, ...analysis]],
  [/^opensearch-1/, ['geo_shape', 'knn_vector']],
  [/^opensearch-[23]/, ['xy_shape', 'xy_point', 'knn_vector', 'zstd']],
]

/** Whether the lab's server of a dist cannot have such an index, whatever its version says. */
export function labLacks(dist: string, { mappings, settings }: Pick<IndexTask, 'mappings' | 'settings'>): boolean {
  const named = [...settingsByName(settings)].filter(([name]) => /\.(type|codec)$/.test(name))
  const words = [...fieldTypes(mappings).values(), ...named.map(([, value]) => asText(value))]
  const missing = lacks.filter(([dists]) => dists.test(dist)).flatMap(([, words]) => words)
  return words.some(word => missing.includes(word))
}
