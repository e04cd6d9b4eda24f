import { documentsOf, elasticsearchBefore, everywhere, since } from '../feature.ts'
import type { Feature, TypedDocument } from '../feature.ts'
import type { JsonObject } from '../../../src/model/plan.ts'

const all = { match_all: {} }

function mapping(
  name: string,
  known: Feature['known'],
  mappings: JsonObject,
  documents: readonly (JsonObject | TypedDocument)[],
  query: JsonObject = all,
): Feature {
  const typed = documents.every(one => typeof one['id'] === 'string' && one['source'] !== undefined)
  return {
    name,
    group: 'mapping',
    known,
    mappings,
    documents: typed ? (documents as readonly TypedDocument[]) : documentsOf(documents as readonly JsonObject[]),
    query,
  }
}

const keyword = { type: 'keyword' }
/** `boost` in mappings is gone in Elasticsearch 8. */
const beforeEight = (server: Parameters<Feature['known']>[0]): boolean =>
  server.flavor === 'opensearch' || server.version.major < 8

export const mappings: readonly Feature[] = [
  mapping(
    'dynamic templates',
    everywhere,
    {
      dynamic_templates: [{ codes: { match: '*_code', mapping: { type: 'keyword' } } }],
    },
    [{ a_code: 'X-1' }, { plain: 'X-1' }],
    { term: { a_code: 'X-1' } },
  ),
  mapping('dynamic: strict', everywhere, { dynamic: 'strict', properties: { n: { type: 'integer' } } }, [{}], all),
  mapping('dynamic: runtime', since('7.11'), { dynamic: 'runtime', properties: { n: { type: 'integer' } } }, [{ a: 'x' }], all),
  mapping(
    'copy_to',
    everywhere,
    {
      properties: { a: { type: 'text', copy_to: 'b' }, b: { type: 'text' } },
    },
    [{ a: 'fox' }],
    { match: { b: 'fox' } },
  ),
  mapping(
    'multi-fields',
    everywhere,
    {
      properties: { a: { type: 'text', fields: { raw: keyword } } },
    },
    [{ a: 'A Fox' }],
    { term: { 'a.raw': 'A Fox' } },
  ),
  mapping('null_value', everywhere, { properties: { a: { type: 'keyword', null_value: 'none' } } }, [{ a: null }], {
    term: { a: 'none' },
  }),
  mapping(
    'ignore_malformed',
    everywhere,
    {
      properties: { a: { type: 'integer', ignore_malformed: true } },
    },
    [{ a: 'no number' }, { a: 3 }],
    { term: { a: 3 } },
  ),
  mapping(
    '_routing required',
    everywhere,
    { _routing: { required: true }, properties: { n: { type: 'integer' } } },
    [{ id: 'd0', routing: 'r', source: '{"n":1}' }],
    { term: { n: 1 } },
  ),
  mapping(
    '_source pruned',
    everywhere,
    { _source: { excludes: ['secret'] }, properties: { n: { type: 'integer' } } },
    [{ secret: 'x', open: 'y' }],
    { term: { n: 0 } },
  ),
  mapping('_source disabled', everywhere, { _source: { enabled: false }, properties: { n: { type: 'integer' } } }, [{}]),
  mapping(
    '_field_names disabled',
    beforeEight,
    {
      _field_names: { enabled: false },
      properties: { n: { type: 'integer' } },
    },
    [{}],
    { term: { n: 0 } },
  ),
  mapping('boost', beforeEight, { properties: { a: { type: 'text', boost: 2 } } }, [{ a: 'fox' }], { match: { a: 'fox' } }),
  mapping(
    'date format, Joda',
    elasticsearchBefore(7),
    { properties: { a: { type: 'date', format: 'YYYY/MM/dd' } } },
    [{ a: '2024/12/30' }, { a: '2023/01/01' }],
    { range: { a: { gte: '2024/12/01' } } },
  ),
  mapping(
    'date format with a zone, Joda',
    elasticsearchBefore(7),
    { properties: { a: { type: 'date', format: "YYYY-MM-dd'T'HH:mm:ssZ" } } },
    [{ a: '2024-12-30T10:00:00+01:00' }, { a: '2024-12-30T10:00:00+0100' }],
    { range: { a: { gte: '2024-12-30T09:00:00+0000', lte: '2024-12-30T09:00:00+0000' } } },
  ),
  mapping(
    'date format in camel case',
    elasticsearchBefore(8),
    {
      properties: { a: { type: 'date', format: 'strictDateOptionalTime||epoch_millis' } },
    },
    [{ a: '2024-12-30' }],
    { range: { a: { gte: '2024-12-01' } } },
  ),
  mapping('_all', elasticsearchBefore(6), { _all: { enabled: true }, properties: { a: { type: 'text' } } }, [{ a: 'fox' }], {
    match: { a: 'fox' },
  }),
  mapping(
    'include_in_all',
    elasticsearchBefore(6),
    { properties: { a: { type: 'text', include_in_all: false } } },
    [{ a: 'fox' }],
    {
      match: { a: 'fox' },
    },
  ),
  mapping(
    'string',
    elasticsearchBefore(6),
    {
      properties: { a: { type: 'string' }, b: { type: 'string', index: 'not_analyzed' } },
    },
    [{ a: 'A Fox', b: 'A Fox' }],
    { term: { b: 'A Fox' } },
  ),
  {
    name: 'several types',
    group: 'mapping',
    known: elasticsearchBefore(6),
    types: { lake: { properties: { a: keyword } }, river: { properties: { b: keyword } } },
    documents: [
      { id: '1', type: 'lake', source: '{"a":"x"}' },
      { id: '1', type: 'river', source: '{"b":"y"}' },
    ],
    query: all,
  },
  {
    name: '_parent',
    group: 'mapping',
    known: elasticsearchBefore(6),
    types: { book: {}, copy: { _parent: { type: 'book' } } },
    documents: [
      { id: '1', type: 'book', source: '{"t":"a"}' },
      { id: '2', type: 'copy', parent: '1', source: '{"t":"b"}' },
    ],
    query: all,
  },
  mapping(
    'runtime fields',
    since('7.11'),
    {
      runtime: { r: { type: 'keyword' } },
      properties: { n: { type: 'integer' } },
    },
    [{ r: 'x' }],
    { term: { n: 0 } },
  ),
  mapping(
    'derived fields',
    since(undefined, '2.15'),
    {
      derived: { r: { type: 'keyword', script: { source: "emit(params._source['a'])" } } },
      properties: { a: keyword },
    },
    [{ a: 'x' }],
    { term: { a: 'x' } },
  ),
  mapping(
    'subobjects: false',
    since('8.3'),
    { subobjects: false, properties: { 'a.b': keyword, 'a.b.c': keyword } },
    [{ 'a.b': 'x', 'a.b.c': 'y' }],
    all,
  ),
  mapping(
    'synthetic source in the mapping',
    since('8.4'),
    {
      _source: { mode: 'synthetic' },
      properties: { n: { type: 'integer' }, a: keyword },
    },
    [{ a: ['b', 'a', 'b'] }],
    { term: { a: 'a' } },
  ),
]
