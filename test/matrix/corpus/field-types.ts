import { documentsOf, everywhere, fieldType, since } from '../feature.ts'
import type { Feature } from '../feature.ts'

const all = { match_all: {} }
const found = (value: string | number | boolean) => ({ term: { f: value } })
const there = { exists: { field: 'f' } }
const above = (gte: string | number) => ({ range: { f: { gte } } })

/** A field of every type; of plugins only the k-NN plugin's. */
export const fieldTypes: readonly Feature[] = [
  {
    name: 'plain types',
    group: 'field type',
    known: everywhere,
    mappings: {
      properties: {
        text: { type: 'text' },
        keyword: { type: 'keyword', ignore_above: 5 },
        ...Object.fromEntries(
          ['long', 'integer', 'short', 'byte', 'double', 'float', 'half_float'].map(type => [type, { type }]),
        ),
        ...Object.fromEntries(['boolean', 'date', 'binary', 'ip'].map(type => [type, { type }])),
      },
    },
    documents: documentsOf([
      { text: 'A quick fox', keyword: 'a', long: -5, integer: '7', short: 300, byte: -128, double: 1e300, float: 1.5 },
      { half_float: 2.25, boolean: 'false', date: '2024-02-29', binary: 'aGVsbG8=', ip: '2001:db8::1', keyword: 'longer' },
      { text: null, boolean: true, date: 0, ip: '10.0.0.7' },
    ]),
    query: { bool: { should: [{ match: { text: 'fox' } }, { term: { ip: '10.0.0.0/8' } }] } },
  },
  fieldType('scaled_float', everywhere, { type: 'scaled_float', scaling_factor: 100 }, [1.25, 12.5], above(2)),
  fieldType('unsigned_long', since('7.10', '2.8'), { type: 'unsigned_long' }, [1, '18446744073709551615'], above(2)),
  fieldType('date_nanos', since('7.0', '1.0'), { type: 'date_nanos' }, ['2024-02-29T10:00:00.123456789Z'], above('2021-01-01')),
  fieldType('integer_range', everywhere, { type: 'integer_range' }, [{ gte: 1, lt: 9 }], found(5)),
  fieldType('date_range', everywhere, { type: 'date_range' }, [{ gte: '2024-01-01', lt: '2025-01-01' }], found('2024-06-01')),
  fieldType('ip_range', since('6.0', '1.0'), { type: 'ip_range' }, ['10.0.0.0/8'], found('10.1.1.1')),
  fieldType('geo_point', everywhere, { type: 'geo_point' }, [{ lat: 52.5, lon: 13.4 }, '1,2', [3, 4]], there),
  fieldType('geo_shape', everywhere, { type: 'geo_shape' }, [{ type: 'point', coordinates: [13, 52] }], there),
  fieldType('shape', since('7.4'), { type: 'shape' }, [{ type: 'point', coordinates: [1377, 5200] }], there),
  fieldType('point', since('7.8'), { type: 'point' }, [{ x: 1, y: 2 }], there),
  fieldType('xy_shape', since(undefined, '2.4'), { type: 'xy_shape' }, [{ type: 'point', coordinates: [1377, 5200] }], there),
  fieldType('xy_point', since(undefined, '2.4'), { type: 'xy_point' }, [{ x: 1, y: 2 }], there),
  fieldType('object', everywhere, { properties: { a: { type: 'keyword' } } }, [{ a: 'x' }, [{ a: 'y' }]], {
    term: { 'f.a': 'y' },
  }),
  fieldType('object, disabled', everywhere, { type: 'object', enabled: false }, [{ a: 1 }, 'text', [1, { b: 2 }]], all),
  fieldType(
    'nested',
    everywhere,
    { type: 'nested', properties: { a: { type: 'keyword' }, b: { type: 'integer' } } },
    [
      [
        { a: 'x', b: 1 },
        { a: 'y', b: 2 },
      ],
      { a: 'x', b: 2 },
    ],
    { nested: { path: 'f', query: { bool: { must: [{ term: { 'f.a': 'x' } }, { term: { 'f.b': 2 } }] } } } },
  ),
  fieldType('completion', everywhere, { type: 'completion' }, ['lake', { input: ['river'], weight: 3 }], all),
  fieldType('token_count', everywhere, { type: 'token_count', analyzer: 'standard' }, ['one two', 'one'], found(2)),
  fieldType('percolator', everywhere, { type: 'percolator' }, [{ range: { n: { gte: 3 } } }], { term: { n: 0 } }),
  fieldType('join', since('6.0', '1.0'), { type: 'join', relations: { book: 'copy' } }, ['book', { name: 'book' }], {
    term: { f: 'book' },
  }),
  {
    name: 'alias field',
    group: 'field type',
    known: since('6.4', '1.0'),
    mappings: { properties: { k: { type: 'keyword' }, f: { type: 'alias', path: 'k' } } },
    documents: [{ id: 'd0', source: '{"k":"a"}' }],
    query: found('a'),
  },
  fieldType('rank_feature', since('7.0', '1.0'), { type: 'rank_feature' }, [3.5, 1], { rank_feature: { field: 'f' } }),
  fieldType('rank_features', since('7.0', '1.0'), { type: 'rank_features' }, [{ a: 2, b: 7 }], {
    rank_feature: { field: 'f.a' },
  }),
  fieldType('search_as_you_type', since('7.2', '1.0'), { type: 'search_as_you_type' }, ['quick brown fox'], {
    match: { f: 'quick' },
  }),
  fieldType('flattened', since('7.3'), { type: 'flattened', depth_limit: 5 }, [{ a: 'x', b: { c: 'y' } }], {
    term: { 'f.b.c': 'y' },
  }),
  fieldType('flat_object', since(undefined, '2.7'), { type: 'flat_object' }, [{ a: 'x', b: { c: 'y' } }], {
    term: { 'f.b.c': 'y' },
  }),
  fieldType('constant_keyword', since('7.7', '2.14'), { type: 'constant_keyword', value: 'a' }, ['a', 'a'], found('a')),
  fieldType('wildcard', since('7.9', '2.15'), { type: 'wildcard' }, ['river-1', 'lake-2'], { wildcard: { f: 'riv*' } }),
  fieldType('version', since('7.10', '3.2'), { type: 'version' }, ['1.2.3', '1.10.0-rc1'], found('1.2.3')),
  fieldType('match_only_text', since('7.14', '2.12'), { type: 'match_only_text' }, ['a quick fox'], { match: { f: 'fox' } }),
  fieldType(
    'dense_vector',
    since('7.3'),
    { type: 'dense_vector', dims: 3 },
    [
      [0.5, 0.25, 1],
      [1, 0, 0],
    ],
    there,
  ),
  fieldType(
    'dense_vector, indexed',
    since('8.0'),
    indexedVector(),
    [
      [0.5, 0.25, 1],
      [1, 0, 0],
    ],
    there,
  ),
  fieldType('knn_vector', since(undefined, '1.0'), { type: 'knn_vector', dimension: 3 }, [[0.5, 0.25, 1]], there, {
    'index.knn': true,
  }),
  fieldType('sparse_vector', since('8.11'), { type: 'sparse_vector' }, [{ a: 0.5, b: 2 }], there),
  fieldType(
    'rank_vectors',
    since('8.18'),
    { type: 'rank_vectors', dims: 2 },
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
    there,
  ),
  fieldType('histogram', since('7.6'), { type: 'histogram' }, [{ values: [1, 2.5], counts: [3, 4] }], there),
  fieldType(
    'aggregate_metric_double',
    since('7.11'),
    { type: 'aggregate_metric_double', metrics: ['min', 'max'], default_metric: 'max' },
    [{ min: 1, max: 5 }],
    above(2),
  ),
  fieldType('counted_keyword', since('8.13'), { type: 'counted_keyword' }, [['a', 'b', 'a']], found('a')),
  fieldType('semantic_text', since('8.15'), { type: 'semantic_text' }, ['some words'], all),
  fieldType('passthrough', since('8.16'), { type: 'passthrough', priority: 10, dynamic: true }, [{ a: 'x' }], there),
]

function indexedVector() {
  return { type: 'dense_vector', dims: 3, index: true, similarity: 'l2_norm' } as const
}
