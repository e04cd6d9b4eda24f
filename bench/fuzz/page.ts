/** The scanner against the reference: what it accepts must be what the slow reader reads, and what it refuses must not be readable. */
import { oneLine } from '../../src/cluster/one-line.ts'
import { scanPage } from '../../src/cluster/scan-page.ts'
import type { Hit, Page } from '../../src/cluster/scan-page.ts'
import { markNamed } from '../../src/cluster/source-mark.ts'
import type { SourceMark } from '../../src/cluster/source-mark.ts'
import { frameBulk } from '../../src/cluster/frame-bulk.ts'
import type { Doc } from '../../src/model/documents.ts'
import { ShardferryError } from '../../src/model/errors.ts'
import type { Random } from '../../test/proxy/random.ts'
import { readPage, Refused } from './reference.ts'
import type { ReadPage, Rules } from './reference.ts'

/**
 * `same`: both read the same. `damaged`: a document, or what nobody looks at, is no JSON, and its ends are found all the
 * same. `refused`: by both. @throws Error for anything else
 */
export type Judgement = 'same' | 'damaged' | 'refused'

export function judgePage(bytes: Uint8Array, random: Random): Judgement {
  return judge(bytes, random, undefined)
}

/** Of the answers that `judgeMarkedPage` gets. */
export const mark = markNamed('mark-of-the-search')

/** As `judgePage`, where the search had a mark: where it stands, a document is whatever is before it. */
export function judgeMarkedPage(bytes: Uint8Array, random: Random): Judgement {
  return judge(bytes, random, mark)
}

function judge(bytes: Uint8Array, random: Random, marked: SourceMark | undefined): Judgement {
  const placed = amongOthers(bytes, random)
  const text = latin1(bytes)
  const hitEnd = marked && latin1(marked.hitEnd)
  const page = scanned(placed, marked)
  const strict = attempt(text, 'strict', hitEnd)
  if (!page) {
    if (!(strict instanceof Refused)) throw new Error('The scanner refuses what can be read.')
    return 'refused'
  }
  requireSame(page, strict instanceof Refused ? readPage(text, 'loose', hitEnd) : strict, text)
  requireFramed(page.hits)
  return strict instanceof Refused ? 'damaged' : 'same'
}

/** In memory that goes on behind the answer as an answer might, at any alignment: what reads too far finds something. */
function amongOthers(bytes: Uint8Array, random: Random): Uint8Array {
  const before = random.between(0, 7)
  const memory = Buffer.alloc(before + bytes.length + behind.length)
  memory.set(bytes, before)
  memory.set(behind, before + bytes.length)
  return new Uint8Array(memory.buffer, memory.byteOffset + before, bytes.length)
}

const behind = Buffer.from('"}],"sort":[0]}]}}}}*/\n"')

function scanned(bytes: Uint8Array, marked: SourceMark | undefined): Page | undefined {
  try {
    return scanPage(bytes, marked)
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'response-unreadable' && thrown.recovery === 'redo') return undefined
    throw thrown
  }
}

function attempt(text: string, rules: Rules, hitEnd: string | undefined): ReadPage | Refused {
  try {
    return readPage(text, rules, hitEnd)
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown
    throw thrown
  }
}

function requireSame(page: Page, wanted: ReadPage, text: string): void {
  if (page.scrollId !== wanted.scrollId) throw new Error(`scroll id ${page.scrollId} instead of ${wanted.scrollId}`)
  if (page.hits.length !== wanted.hits.length) throw new Error(`${page.hits.length} hits instead of ${wanted.hits.length}`)
  for (const [i, hit] of page.hits.entries()) {
    const { id, routing, seqNo, version, source } = wanted.hits[i]!
    requireEqual('_id', hit.id, id)
    requireEqual('_routing', hit.routing, routing)
    requireEqual('_seq_no', hit.seqNo, numberOf(seqNo))
    requireEqual('_version', hit.version, numberOf(version))
    requireEqual('_source', hit.source && latin1(hit.source), source && text.slice(...source))
  }
}

function requireEqual(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what} ${String(found)} instead of ${String(wanted)}`)
}

function numberOf(digits: string | undefined): bigint | undefined {
  return digits === undefined || digits.startsWith('-') ? undefined : BigInt(digits)
}

/** Two lines for each document in a bulk body, the first of which says which document it is. */
function requireFramed(hits: readonly Hit[]): void {
  const docs = hits.flatMap((hit): Doc[] => {
    const doc = hit.asDoc('seq-no')
    if (!doc || !hit.source) return []
    return [hit.unusual ? { id: doc.id, routing: doc.routing, version: doc.version, source: oneLine(doc.source) } : doc]
  })
  const body = frameBulk(docs)
  const lines = latin1(body.bytes).split('\n')
  body.release()
  requireEqual('lines in the bulk body', lines.length, 2 * docs.length + 1)
  for (const [i, { id, routing, version, source }] of docs.entries()) {
    const { index } = JSON.parse(Buffer.from(lines[2 * i]!, 'latin1').toString('utf8')) as { index: Record<string, unknown> }
    requireEqual('_id of an action', index['_id'], id)
    requireEqual('routing of an action', index['routing'], routing)
    if (!lines[2 * i]!.includes(`"version":${version},`)) throw new Error(`An action without version ${version}.`)
    requireEqual('the line of a document', lines[2 * i + 1], latin1(source))
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
