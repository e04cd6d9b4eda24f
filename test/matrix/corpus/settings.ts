import { documentsOf, elasticsearchBefore, everywhere, since } from '../feature.ts'
import type { Feature } from '../feature.ts'
import type { JsonObject } from '../../../src/model/plan.ts'

const properties = { n: { type: 'integer' }, a: { type: 'keyword' }, t: { type: 'text' } }

function setting(name: string, known: Feature['known'], settings: JsonObject, mappings: JsonObject = { properties }): Feature {
  return {
    name,
    group: 'setting',
    known,
    settings,
    mappings,
    documents: documentsOf(['one fox', 'two foxes', 'no bear'].map((t, i) => ({ a: `a${i}`, t, at: '2024-02-29' }))),
    query: { match: { t: 'fox' } },
  }
}

const analysed = (analysis: JsonObject): [JsonObject, JsonObject] => [
  { analysis },
  { properties: { ...properties, t: { type: 'text', analyzer: 'own' } } },
]

export const settings: readonly Feature[] = [
  setting(
    'analysis',
    everywhere,
    ...analysed({
      char_filter: { dash: { type: 'mapping', mappings: ['- => _'] } },
      filter: { words: { type: 'stop', stopwords: ['no'] } },
      analyzer: { own: { type: 'custom', char_filter: ['dash'], tokenizer: 'standard', filter: ['lowercase', 'words'] } },
    }),
  ),
  setting(
    'n-grams',
    everywhere,
    ...analysed({
      filter: { pieces: { type: 'ngram', min_gram: 2, max_gram: 3 } },
      analyzer: { own: { tokenizer: 'standard', filter: ['lowercase', 'pieces'] } },
    }),
  ),
  setting(
    'synonyms',
    everywhere,
    ...analysed({
      filter: { same: { type: 'synonym', synonyms: ['bear, fox'] } },
      analyzer: { own: { tokenizer: 'standard', filter: ['lowercase', 'same'] } },
    }),
  ),
  setting(
    'old names of analysis',
    elasticsearchBefore(7),
    ...analysed({
      filter: { pieces: { type: 'nGram', min_gram: 2, max_gram: 5 } },
      analyzer: { own: { tokenizer: 'standard', filter: ['standard', 'lowercase', 'pieces'] } },
    }),
  ),
  setting('similarity', everywhere, { 'index.similarity.default.type': 'BM25', 'index.similarity.default.b': 0.3 }),
  setting('similarity classic', elasticsearchBefore(7), { 'index.similarity.default.type': 'classic' }),
  setting('sort', since('6.0', '1.0'), { 'index.sort.field': ['n'], 'index.sort.order': ['desc'] }),
  {
    ...setting(
      'routing partitions',
      everywhere,
      { number_of_shards: 4, routing_partition_size: 2 },
      { _routing: { required: true }, properties },
    ),
    documents: ['r', 's', 'r'].map((routing, n) => ({ id: `d${n}`, routing, source: '{"t":"one fox"}' })),
  },
  setting('best_compression', everywhere, { codec: 'best_compression' }),
  setting('zstd', since(undefined, '2.9'), { codec: 'zstd' }),
  setting('soft deletes off', softDeletesOptional, { 'index.soft_deletes.enabled': false }),
  setting('segment replication', since(undefined, '2.3'), { 'index.replication.type': 'SEGMENT' }),
  setting('field limits', everywhere, { 'index.mapping.total_fields.limit': 3000, 'index.mapping.depth.limit': 30 }),
  setting('allocation filters', everywhere, { 'index.routing.allocation.exclude._name': 'nobody' }),
  setting('default_pipeline', since('6.5', '1.0'), { 'index.default_pipeline': '_none' }),
  setting('derived source', since(undefined, '3.2'), { 'index.derived_source.enabled': true }),
  setting('synthetic source', since('8.17'), { 'index.mapping.source.mode': 'synthetic' }),
  {
    ...setting(
      'index.mode logsdb',
      since('8.17'),
      { 'index.mode': 'logsdb' },
      {
        properties: { '@timestamp': { type: 'date' }, a: { type: 'keyword' } },
      },
    ),
    documents: documentsOf([0, 1].map(i => ({ '@timestamp': `2024-02-29T00:00:0${i}.000Z`, a: `a${i}` }))),
    query: { term: { a: 'a1' } },
  },
  {
    ...setting(
      'index.mode time_series',
      since('8.1'),
      {
        'index.mode': 'time_series',
        'index.routing_path': ['a'],
        'index.time_series.start_time': '2024-02-29T00:00:00Z',
        'index.time_series.end_time': '2024-03-01T00:00:00Z',
      },
      { properties: { '@timestamp': { type: 'date' }, a: { type: 'keyword', time_series_dimension: true } } },
    ),
    documents: [],
    query: { match_all: {} },
  },
]

/** From 6.5 on until Elasticsearch 8 and OpenSearch 2. */
function softDeletesOptional({ flavor, version }: Parameters<Feature['known']>[0]): boolean {
  if (flavor === 'opensearch') return version.major < 2
  return version.major === 7 || (version.major === 6 && version.minor >= 5)
}
