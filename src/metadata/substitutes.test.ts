import { expect, test } from 'vitest'
import type { JsonObject } from '../model/plan.ts'
import { targetMappings } from './mappings.ts'
import { elasticsearch, opensearch } from './table-cluster.test-part.ts'

const [es710, es717, es819, es95] = ['7.10.2', '7.17.29', '8.19.21', '9.5.3'].map(elasticsearch) as [Id, Id, Id, Id]
const [os13, os219, os38] = ['1.3.14', '2.19.4', '3.8.0'].map(opensearch) as [Id, Id, Id]
type Id = ReturnType<typeof elasticsearch>

test.each([
  ['wildcard', { type: 'wildcard' }, es717, os13, { type: 'keyword', ignore_above: 8191 }],
  ['wildcard with a limit', { type: 'wildcard', ignore_above: 50 }, es717, os13, { type: 'keyword', ignore_above: 50 }],
  ['version', { type: 'version' }, es819, os219, { type: 'keyword' }],
  ['match_only_text', { type: 'match_only_text' }, es819, es710, { type: 'text', norms: false }],
  ['unsigned_long', { type: 'unsigned_long' }, os38, os13, { type: 'long', ignore_malformed: true }],
  ['constant_keyword', { type: 'constant_keyword', value: 'a' }, es819, os13, { type: 'keyword' }],
  ['constant_keyword of OpenSearch', { type: 'constant_keyword', value: 'a' }, os219, os13, { type: 'keyword' }],
  ['counted_keyword', { type: 'counted_keyword' }, es819, es717, { type: 'keyword' }],
  ['shape', { type: 'shape', ignore_malformed: true }, es819, os219, { type: 'xy_shape', ignore_malformed: true }],
  ['xy_point', { type: 'xy_point' }, os38, es95, { type: 'point' }],
  ['sparse_vector', { type: 'sparse_vector' }, es819, os38, { type: 'rank_features' }],
  ['semantic_text', { type: 'semantic_text', inference_id: 'x' }, es819, os38, { type: 'text' }],
  ['semantic', { type: 'semantic', model_id: 'x' }, os38, es95, { type: 'text' }],
  ['passthrough', { type: 'passthrough', priority: 3, dynamic: true }, es95, os38, { type: 'object', dynamic: true }],
  [
    'aggregate_metric_double',
    { type: 'aggregate_metric_double', metrics: ['max', 'value_count'], default_metric: 'max' },
    es819,
    os38,
    { properties: { max: { type: 'double' }, value_count: { type: 'long' } } },
  ],
  [
    'dense_vector, not indexed as before 8.11',
    { type: 'dense_vector', dims: 3 },
    es717,
    os219,
    { type: 'knn_vector', dimension: 3 },
  ],
  [
    'dense_vector, indexed',
    {
      type: 'dense_vector',
      dims: 3,
      index: true,
      similarity: 'l2_norm',
      index_options: { type: 'int8_hnsw', m: 8, ef_construction: 50 },
    },
    es819,
    os219,
    {
      type: 'knn_vector',
      dimension: 3,
      method: { name: 'hnsw', engine: 'lucene', space_type: 'l2', parameters: { m: 8, ef_construction: 50 } },
    },
  ],
  [
    'knn_vector',
    {
      type: 'knn_vector',
      dimension: 3,
      method: { name: 'hnsw', space_type: 'cosinesimil', parameters: { m: 8, ef_construction: 50 } },
    },
    os219,
    es95,
    {
      type: 'dense_vector',
      dims: 3,
      index: true,
      similarity: 'cosine',
      index_options: { type: 'hnsw', m: 8, ef_construction: 50 },
    },
  ],
  ['knn_vector to 7', { type: 'knn_vector', dimension: 3 }, os219, es717, { type: 'dense_vector', dims: 3 }],
  [
    'knn_vector in a space of its own',
    { type: 'knn_vector', dimension: 3, method: { name: 'hnsw', space_type: 'l1' } },
    os219,
    es95,
    { type: 'dense_vector', dims: 3, index: false },
  ],
] as const satisfies readonly (readonly [string, JsonObject, Id, Id, JsonObject])[])(
  '%s becomes what the target has for it, and the plan says what is lost',
  (_what, definition, from, to, becomes) => {
    const { mappings, changes, refusals } = targetMappings({ properties: { a: definition } }, from, to)
    expect(refusals).toEqual([])
    expect(mappings).toEqual({ properties: { a: becomes } })
    expect(changes.slice(0, 1)).toMatchObject([{ what: 'mappings.properties.a', why: expect.stringMatching(/.{20}/) as string }])
  },
)

test.each([
  ['a vector whose dimensions are not known yet', { type: 'dense_vector' }, es819, os219],
  ['a vector of bits', { type: 'dense_vector', dims: 8, element_type: 'bit' }, es819, os219],
  ['a vector of a model', { type: 'knn_vector', model_id: 'x' }, os219, es95],
  ['semantic_text that keeps what a model made of it', { type: 'semantic_text' }, elasticsearch('8.17.0'), os38],
  ['histogram', { type: 'histogram' }, es819, os38],
] as const)('%s has no counterpart: refused, or disabled where that is chosen', (_what, definition, from, to) => {
  const mappings = { properties: { a: definition, b: { type: 'text', fields: { a: definition } } } }
  expect(targetMappings(mappings, from, to).refusals).toHaveLength(2)
  const chosen = targetMappings(mappings, from, to, { unknownTypes: 'disable' })
  expect(chosen.refusals).toEqual([])
  expect(chosen.mappings).toEqual({ properties: { a: { type: 'object', enabled: false }, b: { type: 'text', fields: {} } } })
  expect(chosen.changes.map(({ kind, what }) => [kind, what])).toEqual([
    ['dropped', 'mappings.properties.a'],
    ['dropped', 'mappings.properties.b.fields.a'],
  ])
})

test('where queries no longer find what they found, the plan says dropped', () => {
  const kinds = ['unsigned_long', 'passthrough', 'sparse_vector', 'semantic_text', 'version', 'wildcard'].map(
    type => targetMappings({ properties: { a: { type } } }, es95, os13).changes[0]?.kind,
  )
  expect(kinds).toEqual(['dropped', 'dropped', 'dropped', 'dropped', 'converted', 'converted'])
})

test('a target that takes vectors out of documents is told to keep them, unless the source does the same', () => {
  const mappings = { properties: { v: { type: 'dense_vector', dims: 3 } } }
  const { settings, changes } = targetMappings(mappings, es819, es95)
  expect(settings).toEqual({ 'index.mapping.exclude_source_vectors': false })
  expect(changes).toMatchObject([{ kind: 'converted', what: 'settings.index.mapping.exclude_source_vectors' }])
  expect(targetMappings(mappings, es95, es95)).toMatchObject({ settings: {}, changes: [] })
  expect(targetMappings({ properties: { v: { type: 'keyword' } } }, es819, es95)).toMatchObject({ settings: {}, changes: [] })
})

test('what the target knows is left alone', () => {
  const mappings = { properties: { w: { type: 'wildcard' }, u: { type: 'unsigned_long' } } }
  expect(targetMappings(mappings, es819, es95)).toEqual({ mappings, changes: [], refusals: [], settings: {} })
})

test('an indexed vector gives its index the setting that OpenSearch indexes vectors by', () => {
  const mappings = { properties: { v: { type: 'dense_vector', dims: 3, index: true } } }
  expect(targetMappings(mappings, es819, os219).settings).toEqual({ 'index.knn': true })
})

test('where queries no longer find what they found, the plan says dropped', () => {
  const kinds = ['unsigned_long', 'passthrough', 'sparse_vector', 'semantic_text', 'version', 'wildcard'].map(
    type => targetMappings({ properties: { a: { type } } }, es95, os13).changes[0]?.kind,
  )
  expect(kinds).toEqual(['dropped', 'dropped', 'dropped', 'dropped', 'converted', 'converted'])
})
