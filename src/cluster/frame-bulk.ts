import type { Doc } from '../model/documents.ts'
import { buffers } from './buffers.ts'

/** A bulk body and how to give its memory back. */
export interface BulkBody {
  readonly bytes: Uint8Array
  release(): void
}

/** Room for `{"index":{…}}` around id and routing, and the line breaks. */
const actionBytes = 128

/**
 * The NDJSON body of one bulk request: an index action with external version per document, then its source as it is.
 * The index stands in the request's path. Each source must be one line.
 */
export function frameBulk(docs: readonly Doc[]): BulkBody {
  let bound = 0
  for (const doc of docs) bound += actionBytes + 6 * (doc.id.length + (doc.routing?.length ?? 0)) + doc.source.length
  const memory = buffers.take(bound)
  const out = Buffer.from(memory.buffer as ArrayBuffer, memory.byteOffset, memory.length)
  let at = 0
  for (const doc of docs) {
    const action = actionLine(doc)
    at += action.ascii ? out.write(action.line, at, 'latin1') : out.write(action.line, at, 'utf8')
    const { source } = doc
    out.set(source, at)
    at += source.length
    out[at++] = 0x0a
  }
  return { bytes: memory.subarray(0, at), release: () => buffers.give(memory) }
}

function actionLine(doc: Doc): { line: string; ascii: boolean } {
  const id = simple.test(doc.id) ? `"${doc.id}"` : JSON.stringify(doc.id)
  const tail = `"version":${doc.version},"version_type":"external_gte"}}\n`
  if (doc.routing === undefined) return { line: `{"index":{"_id":${id},${tail}`, ascii: simple.test(doc.id) }
  const routing = JSON.stringify(doc.routing)
  return { line: `{"index":{"_id":${id},"routing":${routing},${tail}`, ascii: false }
}

/** Printable ASCII without quote and backslash: needs no escape and is one byte a character. */
const simple = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
