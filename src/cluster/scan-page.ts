/**
 * Invariant: a document's bytes are found, never parsed. The scanner walks the answer of a search once and gives, for
 * each hit, the exact range of its `_source` as the server sent it: numbers, escapes, blanks and key order untouched.
 * It reads what a server may send (strings with escapes; comments and raw line breaks inside a document, which
 * Elasticsearch accepts and returns), and refuses everything else: an answer that is cut off or does not have the form
 * of a search answer throws, it is never split on a guess.
 */
import type { Doc } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import { PageHits } from './page-hits.ts'
import { MarkedSources } from './source-mark.ts'
import type { SourceMark } from './source-mark.ts'

export interface Page {
  readonly scrollId: string | undefined
  readonly timedOut: boolean
  readonly shards: {
    readonly total: number
    readonly successful: number
    readonly failed: number
    readonly reason: string | undefined
  }
  /** Documents that match in all; undefined where the server was not asked to count. */
  readonly total: number | undefined
  readonly hits: readonly Hit[]
}

/** Which number of a hit becomes the external version on the target: its sequence number + 1, or its version. */
export type VersionFrom = 'seq-no' | 'version'

/** A view on its page: nothing of it may be read once the page's memory is given back. */
export interface Hit {
  readonly id: string
  readonly routing: string | undefined
  /** Undefined where the index has no sequence numbers (the server then says -2 or nothing). */
  readonly seqNo: bigint | undefined
  readonly version: bigint | undefined
  /** Undefined where the index keeps no `_source`. */
  readonly source: Uint8Array | undefined
  /** Length of `source`; 0 where there is none. */
  readonly sourceBytes: number
  /** The source may hold a raw line break and must pass `oneLine` before it can stand in a bulk body. */
  readonly unusual: boolean
  /** The hit as a document on its way; undefined where it has no such number. */
  asDoc(versionFrom: VersionFrom): Doc | undefined
}

/**
 * @param mark what the hits of this answer carry behind their sources; an answer without it is read all the same
 * @throws ShardferryError `response-unreadable`, recovery `redo`
 */
export function scanPage(bytes: Uint8Array, mark?: SourceMark): Page {
  return new Scanner(bytes, mark).page()
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const minus = 0x2d
const colon = 0x3a
const slash = 0x2f
const star = 0x2a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/** What is kept of a hit. */
const parts = ['_id', '_routing', '_seq_no', '_version', '_source'] as const
type Part = (typeof parts)[number]

/** Bytes between two parts of a hit, and the part that follows; undefined where the hit ends. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly next: Part | undefined
}

class Scanner {
  readonly #bytes: Uint8Array
  readonly #text: Buffer
  readonly #end: number
  /** The same bytes, four at a time; none where they do not begin at a multiple of four. */
  readonly #words: Uint32Array
  /** Undefined where the answer carries no mark, or not as it should. */
  #marked: MarkedSources | undefined
  readonly #stretches = new Map<Part | '{', Stretch>()
  #at = 0
  #unusual = false

  constructor(bytes: Uint8Array, mark: SourceMark | undefined) {
    this.#bytes = bytes
    const aligned = bytes.byteOffset % 4 === 0
    this.#words = aligned ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) : new Uint32Array(0)
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#end = bytes.length
    this.#marked = mark && new MarkedSources(this.#text, mark)
  }

  page(): Page {
    let scrollId: string | undefined
    let timedOut = false
    let shards: Page['shards'] | undefined
    let hits: Hit[] | undefined
    let total: number | undefined
    this.#object(key => {
      if (key === '_scroll_id') scrollId = this.#string()
      else if (key === 'timed_out') timedOut = this.#small() === true
      else if (key === '_shards') shards = shardCounts(this.#small())
      else if (key === 'hits') {
        this.#object(inner => {
          if (inner === 'total') total = totalOf(this.#small())
          else if (inner === 'hits') hits = this.#hits()
          else this.#skip()
        })
      } else this.#skip()
    })
    this.#blanks()
    if (this.#at !== this.#end) throw this.#unreadable('more bytes follow the answer')
    if (!hits || !shards) throw this.#unreadable('hits or _shards are missing')
    return { scrollId, timedOut, shards, total, hits }
  }

  #hits(): Hit[] {
    const hits = new PageHits(this.#bytes)
    this.#array(() => this.#hit(hits))
    return hits.hits()
  }

  #hit(hits: PageHits): void {
    hits.begin()
    for (let part = this.#nextPart('{'); part !== undefined; part = this.#nextPart(part)) {
      switch (part) {
        case '_source':
          this.#source(hits, this.#at)
          break
        case '_id':
          hits.setId(this.#stringStart(), this.#at)
          break
        case '_routing':
          hits.setRouting(this.#stringStart(), this.#at)
          break
        case '_seq_no':
          hits.setSeqNo(this.#integerStart(), this.#at)
          break
        case '_version':
          hits.setVersion(this.#integerStart(), this.#at)
      }
    }
    if (!hits.hasId) throw this.#unreadable('a hit has no _id')
  }

  /**
   * Moves to the value of a hit's next part, or behind the hit. There are millions of hits, and what stands between their
   * parts is mostly what stood there before: the same bytes behind the same part, which need not be read again.
   */
  #nextPart(after: Part | '{'): Part | undefined {
    const from = this.#at
    const known = this.#stretches.get(after)
    if (known && this.#isRepeated(known)) return known.next
    const next = this.#readToPart(after)
    this.#stretches.set(after, { from, to: this.#at, next })
    return next
  }

  #isRepeated({ from, to }: Stretch): boolean {
    const b = this.#bytes
    const at = this.#at
    // Behind the end of the answer nothing is equal.
    for (let i = from, j = at; i < to; i++, j++) if (b[i] !== b[j]) return false
    this.#at = at + to - from
    return true
  }

  #readToPart(after: Part | '{'): Part | undefined {
    if (after === '{') this.#expect(braceOpen)
    for (let first = after === '{'; ; first = false) {
      this.#blanks()
      if (!first) {
        const next = this.#next()
        if (next === braceClose) return undefined
        if (next !== comma) throw this.#unreadable('an object does not go on')
        this.#blanks()
      }
      const key = this.#key()
      this.#blanks()
      if (this.#bytes[this.#at] !== colon) throw this.#unreadable('a colon is missing')
      this.#at++
      const part = parts.find(one => one === key)
      if (part) return part
      this.#skip()
    }
  }

  /** Calls `member` at each value of an object, which must move behind that value. */
  #object(member: (key: string) => void): void {
    this.#expect(braceOpen)
    this.#blanks()
    if (this.#bytes[this.#at] === braceClose) {
      this.#at++
      return
    }
    for (;;) {
      this.#blanks()
      const key = this.#key()
      this.#blanks()
      if (this.#bytes[this.#at] !== colon) throw this.#unreadable('a colon is missing')
      this.#at++
      member(key)
      this.#blanks()
      const next = this.#next()
      if (next === braceClose) return
      if (next !== comma) throw this.#unreadable('an object does not go on')
    }
  }

  #array(element: () => void): void {
    this.#expect(bracketOpen)
    this.#blanks()
    if (this.#bytes[this.#at] === bracketClose) {
      this.#at++
      return
    }
    for (;;) {
      this.#blanks()
      element()
      this.#blanks()
      const next = this.#next()
      if (next === bracketClose) return
      if (next !== comma) throw this.#unreadable('a list does not go on')
    }
  }

  #key(): string {
    const from = this.#at + 1
    const to = this.#endOfString()
    const b = this.#bytes
    // Written otherwise it could be one of ours unnoticed, such as a routing that would then be lost.
    for (let i = from; i < to; i++) if (b[i] === backslash || b[i]! < 0x20) throw this.#unreadable('a name has escapes')
    return this.#text.toString('utf8', from, to)
  }

  #string(): string {
    const from = this.#stringStart()
    return this.#parsed(from, this.#at) as string
  }

  /** Moves behind a string that can be read; returns where it begins, at its quote. */
  #stringStart(): number {
    this.#blanks()
    const from = this.#at
    const to = this.#endOfString()
    let plain = true
    for (let i = from + 1; i < to && plain; i++) {
      const c = this.#bytes[i]!
      plain = c >= 0x20 && c < 0x80 && c !== backslash
    }
    if (!plain) this.#parsed(from, to + 1)
    return from
  }

  /** Moves behind a whole number of at most 19 digits; returns where it begins. */
  #integerStart(): number {
    this.#blanks()
    const b = this.#bytes
    const from = this.#at
    let i = b[from] === minus ? from + 1 : from
    const digits = i
    while (b[i]! >= 0x30 && b[i]! <= 0x39) i++
    if (b[i] === comma) this.#at = i
    else this.#skip()
    const leadingZero = b[digits] === 0x30 && i - digits > 1
    if (this.#at !== i || i === digits || i - digits > 19 || leadingZero) {
      const text = this.#text.toString('latin1', from, Math.min(this.#at, from + 30))
      throw this.#unreadable(`a whole number is expected, not ${text}`)
    }
    return from
  }

  /** A small value that may be parsed: counts, flags. */
  #small(): unknown {
    this.#blanks()
    const from = this.#at
    this.#skip()
    return this.#parsed(from, this.#at)
  }

  #parsed(from: number, to: number): unknown {
    try {
      return JSON.parse(this.#text.toString('utf8', from, to))
    } catch {
      throw this.#unreadable('a value is not JSON')
    }
  }

  /** Moves behind any value that is not a document. */
  #skip(): void {
    this.#blanks()
    const b = this.#bytes
    const from = this.#at
    let depth = 0
    for (;;) {
      const c = b[this.#at]
      if (this.#at >= this.#end) throw this.#unreadable('it is cut off')
      if (c === quote) this.#endOfString()
      else if (c === braceOpen || c === bracketOpen) {
        depth++
        this.#at++
      } else if (c === braceClose || c === bracketClose) {
        if (depth === 0) break
        depth--
        this.#at++
      } else if (depth === 0 && (c === comma || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09)) break
      else this.#at++
      if (depth === 0 && (c === quote || c === braceClose || c === bracketClose)) break
    }
    if (this.#at === from) throw this.#unreadable('a value is missing')
  }

  /** From an opening quote to its closing one; moves behind that and returns its position. */
  #endOfString(): number {
    const b = this.#bytes
    const end = this.#end
    if (b[this.#at] !== quote) throw this.#unreadable('a string is missing')
    let i = this.#at + 1
    while (i < end) {
      const c = b[i]
      if (c === quote) {
        this.#at = i + 1
        return i
      }
      i += c === backslash ? 2 : 1
    }
    throw this.#unreadable('it is cut off inside a string')
  }

  #source(hits: PageHits, from: number): void {
    const marked = this.#markedEnd(from, hits.count === 1)
    const end = marked ?? this.#endOfSource(from)
    hits.setSource(from, end, this.#unusual)
    this.#at = marked === undefined ? end : this.#marked!.hitEnd
  }

  /** The end of a document by its mark. With the first one it is seen whether the mark can be trusted in this answer. */
  #markedEnd(from: number, first: boolean): number | undefined {
    const end = this.#marked?.endOf(from)
    if (end === undefined || (first && this.#endsBefore(from, end))) {
      this.#marked = undefined
      return undefined
    }
    this.#unusual = this.#marked!.hasLineBreak(from, end)
    return end
  }

  /** Whether something else stands between the end of a document and `end`. A document with a comment may seem to go on behind it. */
  #endsBefore(from: number, end: number): boolean {
    try {
      return this.#endOfSource(from) < end
    } catch {
      return false
    }
  }

  /** The end of a document: the comma or brace that follows it on its own level. Blanks around the document belong to it. */
  #endOfSource(from: number): number {
    const b = this.#bytes
    const end = this.#end
    let depth = 0
    let unusual = false
    let i = from
    while (i < end) {
      const c = b[i]!
      if (c === quote) {
        i++
        for (;;) {
          if ((i & 3) === 0) i = this.#plainTo(i)
          if (i >= end) throw this.#unreadable('it is cut off inside a document')
          const s = b[i]!
          if (s === quote) break
          if (s === backslash) {
            if (b[++i]! < 0x20) unusual = true
          } else if (s < 0x20) unusual = true
          i++
        }
      } else if (c === braceOpen || c === bracketOpen) depth++
      else if (c === braceClose || c === bracketClose) {
        if (depth === 0) break
        depth--
      } else if (c === comma) {
        if (depth === 0) break
      } else if (c === slash) {
        unusual = true
        i = this.#endOfComment(i)
      } else if (c < 0x20) unusual = true
      i++
    }
    if (i >= end) throw this.#unreadable('it is cut off inside a document')
    this.#unusual = unusual
    return i
  }

  /** From a multiple of four: the first word in which something is a quote, a backslash or a control byte. */
  #plainTo(from: number): number {
    const words = this.#words
    let w = from >> 2
    for (; w < words.length; w++) {
      const word = words[w]!
      const quotes = word ^ 0x22222222
      const slashes = word ^ 0x5c5c5c5c
      // A byte below n leaves its highest bit behind when n is taken from it (Warren, Hacker's Delight, 6-1).
      const found = ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | ((word - 0x20202020) & ~word)
      if ((found & 0x80808080) !== 0) break
    }
    return w << 2
  }

  /** Position of a comment's last byte. */
  #endOfComment(from: number): number {
    const b = this.#bytes
    const second = b[from + 1]
    if (second === slash) {
      for (let i = from + 2; i < this.#end; i++) if (b[i] === 0x0a || b[i] === 0x0d) return i
    } else if (second === star) {
      for (let i = from + 2; i + 1 < this.#end; i++) if (b[i] === star && b[i + 1] === slash) return i + 1
    }
    throw this.#unreadable('a comment does not end')
  }

  #blanks(): void {
    let c = this.#bytes[this.#at]
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = this.#bytes[++this.#at]
  }

  #next(): number {
    if (this.#at >= this.#end) throw this.#unreadable('it is cut off')
    return this.#bytes[this.#at++]!
  }

  #expect(byte: number): void {
    this.#blanks()
    if (this.#next() !== byte) throw this.#unreadable(`${String.fromCharCode(byte)} is missing`)
  }

  #unreadable(why: string): ShardferryError {
    return new ShardferryError(
      'response-unreadable',
      `A search answer cannot be read: ${why} (at byte ${this.#at} of ${this.#end}).`,
      {
        recovery: 'redo',
        hint: 'A proxy may have cut the answer short; the partition is read again.',
      },
    )
  }
}

function totalOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const total = value as { value?: number; relation?: string } | null
  return total?.relation === 'eq' ? total.value : undefined
}

function shardCounts(value: unknown): Page['shards'] {
  const shards = value as {
    total?: number
    successful?: number
    failed?: number
    failures?: { reason?: { type?: string; reason?: string } }[]
  } | null
  const reason = shards?.failures?.[0]?.reason
  return {
    total: shards?.total ?? 0,
    successful: shards?.successful ?? 0,
    failed: shards?.failed ?? 0,
    reason: reason && `${reason.type ?? ''}: ${reason.reason ?? ''}`,
  }
}
