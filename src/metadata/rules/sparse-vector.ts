import { keep, substitute } from './substitute.ts'

/** OpenSearch's neural sparse search works on rank_features too. Elasticsearch refuses weights of zero and below as well. */
export const sparseVector = substitute(
  'sparse_vector',
  'a target without sparse_vector has rank_features for it',
  (definition, from) =>
    from.flavor === 'opensearch'
      ? undefined
      : {
          definition: { type: 'rank_features', ...keep(definition, 'meta') },
          hides: true,
          lost: 'it is searched by rank_feature queries',
        },
)
