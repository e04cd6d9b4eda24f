import { mapFew } from '../src/flow/map-few.ts'
import { corpusNamed } from './corpora.ts'
import type { Corpus } from './corpora.ts'
import { countDocs, deleteIndex, type Node } from './node.ts'

const bulkBytes = 6 * 1024 * 1024
const bulksAtOnce = 3

export interface SourceIndex {
  readonly name: string
  /** Live ones. */
  readonly docs: number
  readonly shards: number
  readonly mappings: object
}

/** A corpus as the source has it. */
export interface Loaded {
  readonly corpus: Corpus
  /** What all its indices are named by. */
  readonly pattern: string
  readonly indices: readonly SourceIndex[]
  readonly docs: number
}

/** An index of so many log documents on the source. */
export async function loadedIndex(source: Node, docs: number, signal: AbortSignal): Promise<SourceIndex> {
  const { indices } = await loadCorpus(source, corpusNamed('logs'), docs, signal)
  return indices[0]!
}

/** The corpus with so many documents: what is there already, or new. */
export async function loadCorpus(source: Node, corpus: Corpus, docs: number, signal: AbortSignal): Promise<Loaded> {
  const base = `${corpus.name}-${docs}`
  const each = Math.floor(docs / corpus.indices)
  const live = corpus.changed ? each - Math.floor(each / 10) : each
  const { shards, mappings } = corpus
  const indices = Array.from({ length: corpus.indices }, (_, n) => {
    const name = corpus.indices === 1 ? base : `${base}-${String(n).padStart(5, '0')}`
    return { name, docs: live, shards, mappings }
  })
  const loaded = { corpus, pattern: corpus.indices === 1 ? base : `${base}-*`, indices, docs: live * corpus.indices }
  const known = await countDocs(source, loaded.pattern).catch(() => 0)
  if (known === loaded.docs) return loaded
  await deleteIndex(source, loaded.pattern)
  const settings = { number_of_shards: shards, number_of_replicas: 0, refresh_interval: '-1', 'translog.durability': 'async' }
  const more = corpus.documents()
  await mapFew(indices, 4, ({ name }) => source.send('PUT', `/${name}`, { settings, mappings }))
  for (const { name } of indices) {
    await load(source, name, lines(more, each, corpus.changed === true), signal)
    if (corpus.changed) await load(source, name, changes(more, Math.floor(each / 10)), signal)
  }
  await source.send('PUT', `/${loaded.pattern}/_settings`, { refresh_interval: null, 'translog.durability': null })
  await source.send('POST', `/${loaded.pattern}/_flush`)
  const there = await countDocs(source, loaded.pattern)
  if (there !== loaded.docs) throw new Error(`The source has ${there} documents instead of ${loaded.docs}.`)
  return loaded
}

/** Ids are the server's own, as they are for logs, unless some are to be written again. */
function* lines(more: Generator<string, unknown>, docs: number, counted: boolean): Generator<string> {
  for (let n = 0; n < docs; n++) yield `{"index":{${counted ? `"_id":"d${n.toString(36)}"` : ''}}}\n${String(more.next().value)}`
}

function* changes(more: Generator<string, unknown>, each: number): Generator<string> {
  for (let n = 0; n < each; n++) {
    yield `{"index":{"_id":"d${(10 * n).toString(36)}"}}\n${String(more.next().value)}`
    yield `{"delete":{"_id":"d${(10 * n + 5).toString(36)}"}}`
  }
}

async function load(source: Node, name: string, actions: Generator<string>, signal: AbortSignal): Promise<void> {
  const sender = async (): Promise<void> => {
    for (let over = false; !over;) {
      signal.throwIfAborted()
      const some: string[] = []
      for (let bytes = 0; bytes < bulkBytes;) {
        const { value, done } = actions.next() as IteratorResult<string, undefined>
        over = done === true
        if (over) break
        some.push(value!)
        bytes += value!.length
      }
      if (some.length === 0) return
      const answer = await source.ask<{ errors: boolean }>(
        'POST',
        `/${name}/_bulk?filter_path=errors,items.*.error`,
        Buffer.from(`${some.join('\n')}\n`),
      )
      if (answer.errors) throw new Error(`The source refused documents: ${JSON.stringify(answer).slice(0, 500)}`)
    }
  }
  await Promise.all(Array.from({ length: bulksAtOnce }, sender))
}

/** Reads the whole index through one plain scroll in `_doc` order and gives each page's bytes away. */
export async function scrollAll(source: Node, index: SourceIndex, size: number, page: (bytes: Buffer) => void): Promise<void> {
  const pages = Math.ceil(index.docs / size)
  let id = ''
  for (let i = 0; i < pages; i++) {
    const bytes =
      i === 0
        ? await source.send('POST', `/${index.name}/_search?scroll=5m`, { size, sort: ['_doc'] })
        : await source.send('POST', '/_search/scroll', { scroll: '5m', scroll_id: id })
    id ||= /"_scroll_id":"([^"]+)"/.exec(bytes.toString('latin1', 0, 2000))?.[1] ?? ''
    page(bytes)
  }
  await source.send('DELETE', '/_search/scroll', { scroll_id: [id] })
}
