/** An index that uses what an index can have, and documents that are as odd as servers take them. */
import type { Document } from '../support/documents.ts'

export const library = {
  settings: {
    number_of_shards: 2,
    number_of_replicas: 0,
    refresh_interval: '7s',
    'index.mapping.total_fields.limit': 1500,
    'index.max_ngram_diff': 3,
    analysis: {
      char_filter: { dashes: { type: 'mapping', mappings: ['— => -'] } },
      filter: { pieces: { type: 'ngram', min_gram: 2, max_gram: 4 }, stops: { type: 'stop', stopwords: ['der', 'die', 'das'] } },
      analyzer: {
        titles: { type: 'custom', char_filter: ['dashes'], tokenizer: 'standard', filter: ['lowercase', 'stops', 'pieces'] },
      },
      normalizer: { plain: { type: 'custom', filter: ['lowercase', 'asciifolding'] } },
    },
  },
  mappings: {
    dynamic: 'true',
    _meta: { owner: 'reading room' },
    dynamic_templates: [{ codes: { match: '*_code', mapping: { type: 'keyword', normalizer: 'plain' } } }],
    properties: {
      title: {
        type: 'text',
        analyzer: 'titles',
        search_analyzer: 'standard',
        fields: { raw: { type: 'keyword', ignore_above: 120 } },
      },
      year: { type: 'integer_range' },
      price: { type: 'scaled_float', scaling_factor: 100 },
      place: { type: 'geo_point' },
      lent: { type: 'date', format: 'yyyy-MM-dd||epoch_millis' },
      authors: { type: 'nested', properties: { first: { type: 'keyword' }, last: { type: 'keyword' } } },
      relation: { type: 'join', relations: { book: ['copy', 'review'] } },
      anything: { type: 'object', enabled: false },
      nickname: { type: 'alias', path: 'title.raw' },
    },
  },
  aliases: {
    books: { is_write_index: true },
    'books-old': { filter: { term: { 'title.raw': 'old' } }, index_routing: '7', search_routing: '7,8' },
    'books-found': { search_routing: '9' },
    'books-hidden': { is_hidden: true },
  },
} as const

/** Every character that an id may hold, and forms that servers store in a way of their own. */
export const oddIds: readonly string[] = [
  ...Array.from({ length: 127 }, (_, i) => `c${i + 1}${String.fromCharCode(i + 1)}`),
  ...Array.from(' \t!"#%&\'*+,-./:;<=>?@[\\]^`{|}~'),
  '1',
  '007',
  '9007199254740993',
  '-5',
  'aGVsbG8',
  'aGVsbG8=',
  '_under',
  '..',
  '%20',
  'a%2Fb',
  '\u007f',
  '\u2028',
  '\ufeff',
  'é',
  'e\u0301',
  'ß',
  '日本語',
  '𝄞 and 👩‍🚀',
  '\u00a0',
  'x'.repeat(512),
  '€'.repeat(170),
]

/** Texts of documents that a parse and a print would change. Keys are not mapped further than to `anything`. */
export const oddSources: readonly string[] = [
  '{"anything":{"a":1.50,"b":1E+2,"c":-0.0,"d":12345678901234567890123,"e":0.10000000000000000001,"f":1e-7}}',
  '{"anything":{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615}}',
  '{"anything":"\\u00e9 \\ud834\\udd1e \\/ \\b\\f\\n\\r\\t \\" \\\\ \\u0000"}',
  '{"anything":"é 𝄞 日本 \u2028 \u007f"}',
  '  { "anything" : [ 1 , 2,3 ,[ ] , { } ] ,  "title" : "old" }  ',
  '{"anything":{"b":1,"a":2,"b2":{"z":null,"y":true}},"title":["one","two"]}',
  '{"anything":1, /* a comment, with } and " in it */ "title":"commented"}',
  '{"title":"dots","anything.a":1,"anything":{"b":2}}',
  '{"title":null,"authors":[]}',
  '{}',
  '{"anything":"http://example.org//path /* no comment */ // nor this"}',
  `{"anything":"${'long '.repeat(20_000)}"}`,
  '{"authors":[{"first":"Ada","last":"L"},{"first":"Bo","last":"M"},{"first":null}],"title":"nested"}',
  '{"year":{"gte":1900,"lt":1950},"price":12.5,"place":[13.4,52.5],"lent":"2020-02-29","shelf_code":"ÄB-1"}',
]

export const oddDocuments: readonly Document[] = [
  ...oddIds.map((id, i) => ({ id, source: `{"title":"Document ${i}"}` })),
  ...oddSources.map((source, i) => ({ id: `source-${i}`, source })),
  ...['7', 'a b', 'ü/…', '0', '𝄞'].map((routing, i) => ({
    id: `routed-${i}`,
    routing,
    source: `{"title":"old","anything":${i}}`,
  })),
  // One id on both shards: two documents, told apart by their routing.
  ...['r0', 'r1'].map(routing => ({ id: 'twice', routing, source: `{"title":"${routing}"}` })),
  { id: 'book-1', routing: 'b1', source: '{"title":"A book","relation":"book"}' },
  { id: 'copy-1', routing: 'b1', source: '{"title":"A copy","relation":{"name":"copy","parent":"book-1"}}' },
  { id: 'review-1', routing: 'b1', source: '{"title":"A review","relation":{"name":"review","parent":"book-1"}}' },
]

/** Documents with line breaks outside of strings, and their form in one line, which is how a bulk request can carry them. */
export const rawLines: readonly { readonly id: string; readonly sent: string; readonly kept: string }[] = [
  {
    id: 'lines-1',
    sent: '{\n  "title": "several lines",\r\n\t"anything": 1.50\n}',
    kept: '{   "title": "several lines",  \t"anything": 1.50 }',
  },
  { id: 'lines-2', sent: '{"title":"x", // said by the way\n"anything":[1,\n2]}', kept: '{"title":"x",  "anything":[1, 2]}' },
  {
    id: 'lines-3',
    sent: '{"title":"y", /* over\ntwo lines */ "anything":2}',
    kept: '{"title":"y", /* over two lines */ "anything":2}',
  },
]
