import type { BulkItem } from '../../cluster/bulk.ts'
import type { Doc, Rejected } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'

/** What a bulk answer means for each document. */
export interface Sorted {
  written: number
  /** The target holds a newer version of each. */
  readonly newer: Doc[]
  readonly rejected: Rejected[]
  /** Their index belongs to a data stream, which takes no versions. */
  readonly backing: Doc[]
  /** Not written, through no fault of their own: to be sent again. */
  readonly again: Doc[]
  /** Why, of the first of `again`. */
  reason: string
  /** The target blocks writes (flood stage, read-only): sent again for as long as it takes. */
  blocked: boolean
}

export function nothingSorted(): Sorted {
  return { written: 0, newer: [], rejected: [], backing: [], again: [], reason: '', blocked: false }
}

/**
 * Sorts documents by the target's answer, by position.
 * @throws ShardferryError where the answer means that no document can be written: missing privilege, index gone
 */
export function sortItems(docs: readonly Doc[], items: readonly BulkItem[], index: string, into: Sorted): void {
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i]!
    const item = items[i]!
    // A delete that finds nothing leaves its version all the same.
    if (item.status < 300 || (doc.op === 'delete' && item.status === 404 && item.type === '')) into.written++
    else if (item.status === 409 && item.type === 'version_conflict_engine_exception') into.newer.push(doc)
    else if (item.type === 'cluster_block_exception') {
      into.blocked = true
      sendAgain(into, doc, item)
    } else if (item.status === 429 || item.status >= 500) sendAgain(into, doc, item)
    else if (item.status === 401 || item.status === 403) throw forbidden(index, item)
    else if (item.type === 'index_not_found_exception' || item.type === 'index_closed_exception') throw gone(index, item)
    else if (item.status === 400 && item.reason.includes(backingRefusal)) into.backing.push(doc)
    else into.rejected.push({ doc, status: item.status, type: item.type, reason: item.reason })
  }
}

/** Of every version of both families. */
const backingRefusal = 'targeting backing indices is disallowed'

function sendAgain(into: Sorted, doc: Doc, item: BulkItem): void {
  if (into.again.length === 0) into.reason = `${item.status} ${item.type}: ${item.reason}`
  into.again.push(doc)
}

function forbidden(index: string, item: BulkItem): ShardferryError {
  return new ShardferryError('forbidden', `The target refuses to write into ${index}: ${item.reason}`, {
    status: item.status,
    serverType: item.type,
    hint: "Give the target's user the index privilege `write` (Elasticsearch), or the action group `write` with the cluster permission `indices:data/write/bulk` (OpenSearch).",
  })
}

function gone(index: string, item: BulkItem): ShardferryError {
  return new ShardferryError('target-changed', `The target index ${index} is gone or closed: ${item.reason}`, {
    status: item.status,
    serverType: item.type,
    hint: 'Somebody removed or closed it while it was being filled. Start a new migration under another --name.',
  })
}
