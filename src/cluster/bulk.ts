import type { Doc } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Connection } from './cluster.ts'
import { frameBulk } from './frame-bulk.ts'
import { indexPath } from './cluster.ts'
import { refusal } from './refusal.ts'

/** What the target says of one document, by position. `type` and `reason` are '' for success. */
export interface BulkItem {
  readonly status: number
  readonly type: string
  readonly reason: string
}

/**
 * Writes documents by one bulk request, past the index's default pipeline.
 * @throws ShardferryError for an answer to the whole request (400, 413, 429, 5xx) and where the account of the answer is not by position
 */
export async function bulk(
  connection: Connection,
  index: string,
  docs: readonly Doc[],
  signal: AbortSignal,
): Promise<readonly BulkItem[]> {
  const body = frameBulk(docs)
  const request = {
    method: 'POST',
    path: `/${indexPath(index)}/_bulk`,
    // `status` keeps a successful item in the list: without it positions are lost.
    query: { pipeline: '_none', filter_path: 'errors,items.*.status,items.*.error,items.*.failure_store' },
    body: body.bytes,
    signal,
  } as const
  try {
    const answer = await connection.exchange(request)
    if (answer.status >= 400) throw refusal(connection, request, answer)
    const node = { side: connection.side, address: answer.from ?? connection.address }
    const items = allCreated(answer.body, docs.length) ?? readItems(answer.body, node)
    answer.release()
    if (items.length !== docs.length) throw unreadable(node, `it accounts for ${items.length} of ${docs.length} documents`)
    return items
  } finally {
    body.release()
  }
}

const createdHead = Buffer.from('{"errors":false,"items":[')
const createdItem = Buffer.from('{"index":{"status":201}},')
let createdAnswer = Buffer.alloc(0)

/** The answer that nearly every request of a first copy gets is known before it comes: comparing costs less than parsing. */
export function allCreated(body: Uint8Array, docs: number): readonly BulkItem[] | undefined {
  const items = docs * createdItem.length
  if (docs === 0 || body.length !== createdHead.length + items + 1) return undefined
  if (createdAnswer.length < createdHead.length + items)
    createdAnswer = Buffer.concat([createdHead, Buffer.alloc(2 * items, createdItem)])
  // The last item is followed by no comma, but by the end of the list.
  const ends = body.length - 2
  if (createdAnswer.compare(body, 0, ends, 0, ends) !== 0 || body[ends] !== 0x5d || body[ends + 1] !== 0x7d) return undefined
  return Array.from({ length: docs }, () => accepted)
}

interface ServerItem {
  readonly status?: number
  readonly error?:
    | string
    | null
    | {
        readonly type?: string
        readonly reason?: string
        readonly caused_by?: { readonly type?: string; readonly reason?: string } | null
      }
  readonly failure_store?: string
}

/** Items of a bulk answer in order. @throws ShardferryError `response-unreadable`, recovery `retry` */
export function readItems(body: Uint8Array, connection: Pick<Connection, 'side' | 'address'>): BulkItem[] {
  let parsed: { items?: Record<string, ServerItem>[] }
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')) as typeof parsed
  } catch {
    throw unreadable(connection, 'it is not JSON')
  }
  if (!Array.isArray(parsed?.items)) throw unreadable(connection, 'it has no items')
  return parsed.items.map(item => {
    const [operation, outcome] = Object.entries(item ?? {})[0] ?? []
    const status = outcome?.status
    // A document counts as written by this alone, so nothing is taken for a status that is none.
    if (!operations.has(operation ?? '') || !isStatus(status)) throw unreadable(connection, 'an item has no status')
    // A document that was redirected to the failure store comes back with a 2xx status and is not in the index.
    if (outcome?.failure_store === 'used')
      return { status: 400, type: 'failure_store', reason: 'The document was redirected to the failure store.' }
    const error = outcome?.error
    if (status < 300 && error !== undefined) throw unreadable(connection, 'an item is both written and refused')
    if (error === undefined || error === null) return status < 300 ? accepted : { status, type: '', reason: '' }
    if (typeof error === 'string') return { status, type: '', reason: error }
    const [type, reason, cause] = [error.type, error.reason, error.caused_by?.reason].map(word =>
      typeof word === 'string' ? word : '',
    ) as [string, string, string]
    return { status, type, reason: reason.includes(cause) ? reason : `${reason}: ${cause}` }
  })
}

const operations = new Set(['index', 'delete', 'create', 'update'])

function isStatus(status: number | undefined): status is number {
  return Number.isInteger(status) && status! >= 200 && status! < 600
}

const accepted: BulkItem = { status: 200, type: '', reason: '' }

function unreadable(connection: Pick<Connection, 'side' | 'address'>, why: string): ShardferryError {
  return new ShardferryError(
    'response-unreadable',
    `The bulk answer of the ${connection.side} ${connection.address} cannot be read: ${why}.`,
    {
      recovery: 'retry',
      hint: 'A proxy may have cut the answer short; the same documents are sent again.',
    },
  )
}
