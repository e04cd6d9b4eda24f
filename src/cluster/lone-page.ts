import type { Doc } from '../model/documents.ts'
import { scanPage } from './scan-page.ts'
import type { Hit, Page, VersionFrom } from './scan-page.ts'

/** How an answer with one hit, sorted by one number, ends behind the hit's source. */
const tail = /,"sort":\[-?\d+\]\}\]\}\}\s*$/
const longestTail = 64
const lineBreak = 0x0a

/**
 * As `scanPage`, for an answer with one hit at most. Servers keep a document that ends in a `//` comment (they read JSON
 * with comments; Elasticsearch 7.10, OpenSearch 2.19) and copy it as it is into their answers, where the comment then
 * swallows all that follows on its line: a page of several such documents has no certain reading. With one, all that
 * can follow its source is known, so the comment is ended there, and the bytes of the source stay what they are.
 */
export function scanLonePage(bytes: Uint8Array): Page {
  try {
    return scanPage(bytes)
  } catch (unreadable) {
    const closed = withCommentClosed(bytes)
    if (!closed) throw unreadable
    const page = scanPage(closed)
    const [hit, ...others] = page.hits
    const source = hit?.source
    if (!hit || !source || others.length > 0 || source.at(-1) !== lineBreak) throw unreadable
    return { ...page, hits: [withSource(hit, source.subarray(0, -1))] }
  }
}

function withSource(hit: Hit, source: Uint8Array): Hit {
  const { id, routing, seqNo, version } = hit
  const asDoc = (versionFrom: VersionFrom): Doc | undefined => {
    const doc = hit.asDoc(versionFrom)
    return doc && { id, routing, version: doc.version, source }
  }
  return { id, routing, seqNo, version, source, sourceBytes: source.length, unusual: true, asDoc }
}

function withCommentClosed(bytes: Uint8Array): Uint8Array | undefined {
  const end = Buffer.from(bytes.subarray(-longestTail)).toString('latin1')
  const found = tail.exec(end)
  if (!found) return undefined
  const at = bytes.length - found[0].length
  const closed = new Uint8Array(bytes.length + 1)
  closed.set(bytes.subarray(0, at))
  closed[at] = lineBreak
  closed.set(bytes.subarray(at), at + 1)
  return closed
}
