import type { Doc } from '../model/documents.ts'
import { buffers } from './buffers.ts'
import { PageDoc } from './page-hits.ts'

/** A bulk body and how to give its memory back. */
export interface BulkBody {
  readonly bytes: Uint8Array
  release(): void
}

/** Room for `{"index":{…}}` around id and routing, and the line breaks. */
const actionBytes = 128

/**
 * The NDJSON body of one bulk request: an action per document, with external version unless it overwrites, then, unless it is a delete, its source as it is.
 * The index stands in the request's path. Each source must be one line.
 */
export function frameBulk(docs: readonly Doc[]): BulkBody {
  const memory = buffers.take(bulkBytes(docs))
  const out = Buffer.from(memory.buffer as ArrayBuffer, memory.byteOffset, memory.length)
  let at = 0
  for (const doc of docs) {
    if (doc instanceof PageDoc) {
      at = doc.frame(out, at)
      continue
    }
    at += out.write(actionLine(doc), at, 'utf8')
    if (doc.op === 'delete') continue
    if (doc.op === 'upsert') at += out.write('{"doc":', at)
    out.set(doc.source, at)
    at += doc.source.length
    if (doc.op === 'upsert') at += out.write(',"doc_as_upsert":true}', at)
    out[at++] = 0x0a
  }
  return { bytes: memory.subarray(0, at), release: () => buffers.give(memory) }
}

/** Bytes of the body at most. Ids and sources that are still in their page are not taken out of it for that. */
export function bulkBytes(docs: readonly Doc[]): number {
  let bytes = 0
  for (const doc of docs) bytes += doc instanceof PageDoc ? doc.frameBytes : boundOf(doc)
  return bytes
}

function boundOf(doc: Doc): number {
  return actionBytes + 6 * (doc.id.length + (doc.routing?.length ?? 0)) + doc.source.length
}

function actionLine(doc: Doc): string {
  const routing = doc.routing === undefined ? '' : `,"routing":${JSON.stringify(doc.routing)}`
  return `{"${actionOf(doc)}":{"_id":${JSON.stringify(doc.id)}${routing}${condition(doc)}}}\n`
}

function actionOf({ op }: Doc): 'index' | 'delete' | 'create' | 'update' {
  if (op === 'upsert') return 'update'
  return op === 'delete' || op === 'create' ? op : 'index'
}

function condition({ op, version, standing }: Doc): string {
  if (op === undefined || op === 'delete') return `,"version":${version},"version_type":"external_gte"`
  return standing ? `,"if_seq_no":${standing.seqNo},"if_primary_term":${standing.term}` : ''
}
