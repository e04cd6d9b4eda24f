import { documents, mappings } from './documents.ts'
import { countDocs, deleteIndex, type Node } from './node.ts'

export const shards = 2
export const seed = 20_260_101
const bulkBytes = 6 * 1024 * 1024
const bulksAtOnce = 3

export interface SourceIndex {
  readonly name: string
  readonly docs: number
}

/** An index of that many documents on the source: the one that is there already, or a new one. */
export async function loadedIndex(source: Node, docs: number, signal: AbortSignal): Promise<SourceIndex> {
  const name = `logs-${docs}`
  const known = await countDocs(source, name).catch(() => 0)
  if (known === docs) return { name, docs }
  await deleteIndex(source, name)
  await source.send('PUT', `/${name}`, {
    settings: { number_of_shards: shards, number_of_replicas: 0, refresh_interval: '-1', 'translog.durability': 'async' },
    mappings,
  })
  await load(source, name, docs, signal)
  await source.send('PUT', `/${name}/_settings`, { refresh_interval: null, 'translog.durability': null })
  await source.send('POST', `/${name}/_flush`)
  const loaded = await countDocs(source, name)
  if (loaded !== docs) throw new Error(`The source has ${loaded} documents instead of ${docs}.`)
  return { name, docs }
}

/** Ids are the server's own, as they are for logs. */
async function load(source: Node, name: string, docs: number, signal: AbortSignal): Promise<void> {
  const more = documents(seed)
  let left = docs
  const sender = async (): Promise<void> => {
    while (left > 0) {
      signal.throwIfAborted()
      const lines: string[] = []
      let bytes = 0
      for (; left > 0 && bytes < bulkBytes; left--) {
        const line = more.next().value
        lines.push('{"index":{}}', line)
        bytes += line.length
      }
      const answer = await source.ask<{ errors: boolean }>(
        'POST',
        `/${name}/_bulk?filter_path=errors,items.*.error`,
        Buffer.from(`${lines.join('\n')}\n`),
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
