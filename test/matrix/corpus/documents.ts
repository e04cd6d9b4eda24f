import { oddIds, oddSources, rawLines } from '../../real/library.ts'
import { elasticsearchBefore, everywhere } from '../feature.ts'
import type { Feature, TypedDocument } from '../feature.ts'

const all = { match_all: {} }
const anything = {
  dynamic: false,
  properties: {
    n: { type: 'integer' },
    anything: { type: 'object', enabled: false },
    title: { type: 'text' },
    authors: { type: 'nested', properties: { first: { type: 'keyword' } } },
    place: { type: 'geo_point' },
    lent: { type: 'date' },
  },
} as const

function documents(name: string, them: readonly TypedDocument[], known: Feature['known'] = everywhere): Feature {
  return {
    name,
    group: 'document',
    known,
    settings: { number_of_shards: 2 },
    mappings: anything,
    documents: them,
    query: all,
  }
}

/** CBOR of `{"n": 1, "title": "stored as CBOR"}`. */
const cbor = Buffer.concat([
  Buffer.from([0xa2, 0x61, 0x6e, 0x01, 0x65]),
  Buffer.from('title'),
  Buffer.from([0x6e]),
  Buffer.from('stored as CBOR'),
])

export const oddDocuments: readonly Feature[] = [
  documents(
    'numbers and escapes',
    oddSources.map((source, i) => ({ id: `s${i}`, source })),
  ),
  documents(
    'ids',
    oddIds.map(id => ({ id, source: '{"n":1}' })),
  ),
  documents(
    'routings',
    ['7', 'a b', 'ü/…', '0', '𝄞', 'r'.repeat(400)].map((routing, i) => ({ id: `r${i}`, routing, source: `{"n":${i}}` })),
  ),
  documents(
    'one id under two routings',
    ['r0', 'r1'].map(routing => ({ id: 'twice', routing, source: `{"title":"${routing}"}` })),
  ),
  documents(
    'line breaks',
    rawLines.map(({ id, sent }) => ({ id, source: Buffer.from(sent) })),
  ),
  documents('stored as CBOR', [{ id: 'c', source: cbor }]),
  documents('huge', [{ id: 'huge', source: `{"anything":"${'0123456789'.repeat(600_000)}"}` }]),
  documents(
    'tiny',
    Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, source: '{}' })),
  ),
  documents('none', []),
  documents(
    'duplicate keys',
    [
      { id: 'd', source: '{"n":1,"n":2}' },
      { id: 'plain', source: '{"n":1}' },
    ],
    elasticsearchBefore(6),
  ),
  {
    ...documents(
      'lenient booleans',
      [
        { id: 'b0', source: '{"b":"on"}' },
        { id: 'b1', source: '{"b":1}' },
        { id: 'b2', source: '{"b":true}' },
      ],
      elasticsearchBefore(6),
    ),
    mappings: { properties: { b: { type: 'boolean' } } },
  },
]
