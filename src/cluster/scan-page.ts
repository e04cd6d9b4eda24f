/**
 * Invariant: a document's bytes are found, never parsed. The scanner walks the answer of a search once and gives, for
 * each hit, the exact range of its `_source` as the server sent it: numbers, escapes, blanks and key order untouched.
 * It reads what a server may send (strings with escapes; comments and raw line breaks inside a document, which
 * Elasticsearch accepts and returns), and refuses everything else: an answer that is cut off or does not have the form
 * of a search answer throws, it is never split on a guess.
 */
import { ShardferryError } from '../model/errors.ts'

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

export interface Hit {
  readonly id: string
  readonly routing: string | undefined
  /** Undefined where the index has no sequence numbers (the server then says -2 or nothing). */
  readonly seqNo: bigint | undefined
  readonly version: bigint | undefined
  /** A view on the page's bytes, made when it is asked for; undefined where the index keeps no `_source`. */
  readonly source: Uint8Array | undefined
  /** Length of `source`; 0 where there is none. */
  readonly sourceBytes: number
  /** The source holds a raw line break or a comment and must pass `oneLine` before it can stand in a bulk body. */
  readonly unusual: boolean
}

/** @throws ShardferryError `response-unreadable`, recovery `redo` */
export function scanPage(bytes: Uint8Array): Page {
  return new Scanner(bytes).page()
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const slash = 0x2f
const star = 0x2a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/** So many decimal digits always fit a double. */
const exactDigits = 15

/** Keys by their length. */
const knownKeys: readonly (readonly { readonly key: string; readonly bytes: Uint8Array }[] | undefined)[] = (() => {
  const byLength: { key: string; bytes: Uint8Array }[][] = []
  for (const key of ['_index', '_type', '_id', '_version', '_seq_no', '_primary_term', '_score', '_routing', '_source', 'sort']) {
    ;(byLength[key.length] ??= []).push({ key, bytes: Buffer.from(key, 'latin1') })
  }
  return byLength
})()

class Scanner {
  readonly #bytes: Uint8Array
  readonly #text: Buffer
  readonly #end: number
  #at = 0
  #unusual = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#end = bytes.length
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
    const hits: Hit[] = []
    this.#array(() => hits.push(this.#hit()))
    return hits
  }

  #hit(): Hit {
    let id: string | undefined
    let routing: string | undefined
    let seqNo: bigint | undefined
    let version: bigint | undefined
    let sourceFrom = -1
    let sourceTo = -1
    let unusual = false
    this.#object(key => {
      switch (key) {
        case '_source': {
          this.#unusual = false
          sourceFrom = this.#at
          sourceTo = this.#at = this.#endOfSource(sourceFrom)
          unusual = this.#unusual
          break
        }
        case '_id':
          id = this.#string()
          break
        case '_seq_no':
          seqNo = this.#integer()
          break
        case '_version':
          version = this.#integer()
          break
        case '_routing':
          routing = this.#string()
          break
        default:
          this.#skip()
      }
    })
    if (id === undefined) throw this.#unreadable('a hit has no _id')
    return new ScannedHit(
      this.#bytes,
      sourceFrom,
      sourceTo,
      id,
      routing,
      seqNo !== undefined && seqNo >= 0n ? seqNo : undefined,
      version,
      unusual,
    )
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

  /** The keys of a hit come by the million: known ones are told by their bytes, without making a string. */
  #key(): string {
    const from = this.#at + 1
    const to = this.#endOfString()
    const b = this.#bytes
    candidates: for (const known of knownKeys[to - from] ?? []) {
      for (let i = 0; i < known.bytes.length; i++) if (b[from + i] !== known.bytes[i]) continue candidates
      return known.key
    }
    return this.#text.toString('utf8', from, to)
  }

  #string(): string {
    this.#blanks()
    if (this.#bytes[this.#at] !== quote) throw this.#unreadable('a string is missing')
    const start = this.#at
    const to = this.#endOfString()
    let plain = true
    for (let i = start + 1; i < to && plain; i++) plain = this.#bytes[i]! < 0x80 && this.#bytes[i] !== backslash
    if (plain) return this.#text.toString('latin1', start + 1, to)
    return this.#parsed(start, to + 1) as string
  }

  #integer(): bigint {
    this.#blanks()
    const from = this.#at
    this.#skip()
    if (this.#at - from <= exactDigits) {
      let value = 0
      for (let i = from; i < this.#at; i++) {
        const digit = this.#bytes[i]! - 0x30
        value = digit < 0 || digit > 9 ? Number.NaN : 10 * value + digit
      }
      if (!Number.isNaN(value)) return BigInt(value)
    }
    const digits = this.#text.toString('latin1', from, this.#at)
    if (!/^-?\d{1,19}$/.test(digits)) throw this.#unreadable(`a whole number is expected, not ${digits.slice(0, 30)}`)
    return BigInt(digits)
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
          if (i >= end) throw this.#unreadable('it is cut off inside a document')
          const s = b[i]!
          if (s === quote) break
          if (s === backslash) i++
          else if (s < 0x20) unusual = true
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

/** Millions of them are alive for a second or so: a position costs far less memory than a view. */
class ScannedHit implements Hit {
  readonly id: string
  readonly routing: string | undefined
  readonly seqNo: bigint | undefined
  readonly version: bigint | undefined
  readonly unusual: boolean
  readonly #page: Uint8Array
  readonly #from: number
  readonly #to: number

  constructor(
    page: Uint8Array,
    from: number,
    to: number,
    id: string,
    routing: string | undefined,
    seqNo: bigint | undefined,
    version: bigint | undefined,
    unusual: boolean,
  ) {
    this.#page = page
    this.#from = from
    this.#to = to
    this.id = id
    this.routing = routing
    this.seqNo = seqNo
    this.version = version
    this.unusual = unusual
  }

  get source(): Uint8Array | undefined {
    return this.#from < 0 ? undefined : this.#page.subarray(this.#from, this.#to)
  }

  get sourceBytes(): number {
    return this.#to - this.#from
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
