import { readFileSync } from 'node:fs'
import { ShardferryError } from '../model/errors.ts'
import type { JsonObject } from '../model/plan.ts'

/** A search to run on both sides. */
export interface AskedQuery {
  /** On the source. */
  readonly index: string
  readonly body: JsonObject
}

/**
 * Searches from a file: lines of `{"index": …, "body": {…}}`, or a search slow log of Elasticsearch or OpenSearch, as text or
 * as JSON. The same search on the same index counts once; lines without a search are passed over in a log.
 * @throws ShardferryError `usage` where a line cannot be read, or no line holds a search
 */
export function readQueryFile(file: string): AskedQuery[] {
  const found = new Map<string, AskedQuery>()
  for (const [at, line] of readText(file).split('\n').entries()) {
    if (line.trim() === '') continue
    const query = queryOf(line)
    if (query === 'none') continue
    if (query === undefined) throw unreadable(file, at + 1)
    found.set(`${query.index} ${JSON.stringify(query.body)}`, query)
  }
  if (found.size === 0)
    throw new ShardferryError('usage', `${file} holds no searches.`, {
      hint: 'Each line is {"index": "NAME", "body": {"query": …}}, or a line of a search slow log.',
    })
  return [...found.values()]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ShardferryError('usage', `The searches in ${file} cannot be read.`, { cause, hint: 'Check the path of --queries.' })
  }
}

/** `none` for a line of a log that is no search of one index. */
function queryOf(line: string): AskedQuery | 'none' | undefined {
  if (!line.trimStart().startsWith('{')) return fromText(line)
  const parsed = parse(line)
  if (!parsed) return undefined
  const { index, body } = parsed
  if (typeof index === 'string' && isObject(body)) return { index, body }
  return fromJsonLog(parsed)
}

/** `[2026-…][WARN ][index.search.slowlog.query] [node] [logs][0] took[…], …, source[{…}], id[…], ` */
function fromText(line: string): AskedQuery | 'none' | undefined {
  if (!line.includes('slowlog')) return undefined
  const index = /\[([^\][]+)\]\[\d+\] ?took\[/.exec(line)?.[1]
  const from = line.indexOf('source[')
  if (index === undefined || from < 0) return 'none'
  // The search itself may hold brackets: it ends where it is whole.
  for (let to = line.lastIndexOf(']'); to > from; to = line.lastIndexOf(']', to - 1)) {
    const body = parse(line.slice(from + 'source['.length, to))
    if (body) return { index, body }
  }
  return 'none'
}

/** Elasticsearch 7: `message`, `source`; Elasticsearch 8 and 9: `elasticsearch.slowlog.…`; a fetch is told of beside its query. */
function fromJsonLog(line: JsonObject): AskedQuery | 'none' | undefined {
  const message = line['elasticsearch.slowlog.message'] ?? line['message']
  const source = line['elasticsearch.slowlog.source'] ?? line['source']
  if (typeof message !== 'string') return undefined
  const index = /^\[([^\][]+)\]\[\d+\]/.exec(message)?.[1]
  const body = typeof source === 'string' ? parse(source) : undefined
  return index !== undefined && body ? { index, body } : 'none'
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(file: string, line: number): ShardferryError {
  return new ShardferryError('usage', `Line ${line} of ${file} is neither a search nor a line of a slow log.`, {
    hint: 'Each line is {"index": "NAME", "body": {"query": …}}, or a line of a search slow log.',
  })
}
