import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'

/** First version of a family that knows a field type; null: no version does. */
type Since = readonly [major: number, minor: number] | null

/**
 * Field types that not every supported server knows. A type that is not listed is known everywhere or comes from a plugin;
 * of those the target itself says whether it has them.
 */
const types: Readonly<Record<string, { readonly elasticsearch: Since; readonly opensearch: Since }>> = {
  join: { elasticsearch: [6, 0], opensearch: [1, 0] },
  alias: { elasticsearch: [6, 4], opensearch: [1, 0] },
  rank_feature: { elasticsearch: [7, 0], opensearch: [1, 0] },
  rank_features: { elasticsearch: [7, 0], opensearch: [1, 0] },
  date_nanos: { elasticsearch: [7, 0], opensearch: [1, 0] },
  search_as_you_type: { elasticsearch: [7, 2], opensearch: [1, 0] },

  flattened: { elasticsearch: [7, 3], opensearch: null },
  shape: { elasticsearch: [7, 4], opensearch: null },
  dense_vector: { elasticsearch: [7, 3], opensearch: null },
  histogram: { elasticsearch: [7, 6], opensearch: null },
  constant_keyword: { elasticsearch: [7, 7], opensearch: [2, 14] },
  point: { elasticsearch: [7, 8], opensearch: null },
  wildcard: { elasticsearch: [7, 9], opensearch: [2, 15] },
  version: { elasticsearch: [7, 10], opensearch: [3, 2] },
  unsigned_long: { elasticsearch: [7, 10], opensearch: [2, 8] },
  aggregate_metric_double: { elasticsearch: [7, 11], opensearch: null },
  match_only_text: { elasticsearch: [7, 14], opensearch: [2, 12] },
  // A type of the same name came with OpenSearch 3.3, but it stores something else.
  sparse_vector: { elasticsearch: [8, 11], opensearch: null },
  counted_keyword: { elasticsearch: [8, 13], opensearch: null },
  semantic_text: { elasticsearch: [8, 15], opensearch: null },
  passthrough: { elasticsearch: [8, 16], opensearch: null },
  rank_vectors: { elasticsearch: [8, 18], opensearch: null },
  exponential_histogram: { elasticsearch: [9, 3], opensearch: null },

  flat_object: { elasticsearch: null, opensearch: [2, 7] },
  knn_vector: { elasticsearch: null, opensearch: [1, 0] },
  xy_point: { elasticsearch: null, opensearch: [2, 4] },
  xy_shape: { elasticsearch: null, opensearch: [2, 4] },
  star_tree: { elasticsearch: null, opensearch: [2, 18] },
  semantic: { elasticsearch: null, opensearch: [3, 1] },
}

/** Why a server cannot have a field of this type; undefined where it can, or where only trying tells. */
export function unknownType(type: string, from: Identity, to: Identity): string | undefined {
  // The two families' sparse_vector share a name only.
  if (type === 'sparse_vector' && from.flavor === 'opensearch')
    return to.flavor === 'opensearch' ? since('OpenSearch', [3, 3], to) : 'Elasticsearch stores it differently'
  const known = types[type]
  if (known === undefined) return undefined
  return since(to.flavor === 'elasticsearch' ? 'Elasticsearch' : 'OpenSearch', known[to.flavor], to)
}

function since(family: string, first: Since, to: Identity): string | undefined {
  if (first === null) return `${family} has no such type`
  return atLeast(to.version, first[0], first[1]) ? undefined : `it needs ${family} ${first[0]}.${first[1]}`
}
