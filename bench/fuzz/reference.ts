/**
 * The slow reader that the scanner is held against: a plain descent through the grammar of JSON, character by character,
 * which shares nothing with it. Bytes are held as Latin-1 text, a character each.
 */
export interface ReadHit {
  readonly id: string
  readonly routing: string | undefined
  /** Digits as they are written. */
  readonly seqNo: string | undefined
  readonly version: string | undefined
  /** Where the document stands, blanks and comments around it included. */
  readonly source: readonly [from: number, to: number] | undefined
}

export interface ReadPage {
  readonly scrollId: string | undefined
  readonly hits: readonly ReadHit[]
}

/** Why a text is not read. */
export class Refused extends Error {}

/**
 * `strict`: everything is JSON; inside documents with comments and raw control characters in strings, as servers keep them.
 * `loose`: a document, and what nobody looks at, needs no more than strings, comments and brackets that end.
 */
export type Rules = 'strict' | 'loose'

/**
 * @param hitEnd how a hit ends that is marked: then a document reaches up to there, whatever it is, as long as none is
 *   without it, and nothing stands between the first and its end
 * @throws Refused
 */
export function readPage(text: string, rules: Rules, hitEnd?: string): ReadPage {
  const reader = new ReferenceReader(text)
  const unread = (at: number): number => (rules === 'strict' ? reader.json(at) : reader.balanced(at, false))
  const unmarked = (at: number): number => (rules === 'strict' ? reader.document(at) : reader.balanced(at, true))
  let marked = hitEnd !== undefined
  const document = (at: number): number => {
    const end = marked ? reader.markedEnd(at, hitEnd!) : undefined
    marked &&= end !== undefined && (hits?.length !== 0 || !reader.endsBefore(at, end))
    return marked ? end! : unmarked(at)
  }
  let scrollId: string | undefined
  let hits: ReadHit[] | undefined
  let shards = false
  const end = reader.object(0, (name, at) => {
    switch (name) {
      case '_scroll_id': {
        const to = reader.json(at)
        scrollId = reader.text(at, to)
        return to
      }
      case '_shards':
        shards = true
        return reader.json(at)
      case 'timed_out':
        return reader.json(at)
      case 'hits':
        return reader.object(at, (inner, at) => {
          if (inner === 'total') return reader.json(at)
          if (inner !== 'hits') return unread(at)
          const found: ReadHit[] = []
          hits = found
          return reader.list(at, at => {
            const { hit, to } = readHit(reader, at, unread, document)
            found.push(hit)
            return to
          })
        })
      default:
        return unread(at)
    }
  })
  if (reader.blanks(end) !== text.length) throw new Refused('more follows')
  if (!hits || !shards) throw new Refused('hits or _shards are missing')
  return { scrollId, hits }
}

type End = (at: number) => number

function readHit(reader: ReferenceReader, from: number, unread: End, document: End): { hit: ReadHit; to: number } {
  const found: { -readonly [K in keyof ReadHit]?: ReadHit[K] } = {}
  const to = reader.object(from, (name, at) => {
    if (name === '_source') {
      const end = document(at)
      found.source = [at, end]
      return end
    }
    const end = ['_id', '_routing', '_seq_no', '_version'].includes(name) ? reader.json(at) : unread(at)
    if (name === '_id') found.id = reader.text(at, end)
    else if (name === '_routing') found.routing = reader.text(at, end)
    else if (name === '_seq_no') found.seqNo = reader.whole(at, end)
    else if (name === '_version') found.version = reader.whole(at, end)
    return end
  })
  const { id, routing, seqNo, version, source } = found
  if (id === undefined) throw new Refused('a hit without _id')
  return { hit: { id, routing, seqNo, version, source }, to }
}

/** `at` is where something may begin, with blanks before it; each gives the position behind what it has read. */
class ReferenceReader {
  readonly #all: string

  constructor(all: string) {
    this.#all = all
  }

  /** Calls `member` with each name and the position behind its colon. */
  object(at: number, member: (name: string, at: number) => number): number {
    return this.#listed(at, '{', '}', from => {
      const to = this.#string(from, false)
      const name = this.#all.slice(from + 1, to - 1)
      // A name that matters is written plainly by every server, and another reading must not be possible.
      if (name.includes('\\')) throw new Refused('a name with escapes')
      return member(name, this.#expect(to, ':'))
    })
  }

  list(at: number, item: End): number {
    return this.#listed(at, '[', ']', item)
  }

  #listed(at: number, opens: string, closes: string, item: End, gap: End = at => this.blanks(at)): number {
    let to = this.#expect(gap(at), opens)
    if (this.#all[gap(to)] === closes) return gap(to) + 1
    for (;;) {
      to = gap(item(gap(to)))
      if (this.#all[to] === closes) return to + 1
      to = this.#expect(to, ',')
    }
  }

  json(at: number): number {
    return this.#value(this.blanks(at), false)
  }

  /** A document takes the blanks and comments around it along. */
  document(at: number): number {
    return this.#gap(this.#value(this.#gap(at), true))
  }

  #value(at: number, inDocument: boolean): number {
    const gap: End = at => (inDocument ? this.#gap(at) : this.blanks(at))
    switch (this.#all.charAt(at)) {
      case '"':
        return this.#string(at, inDocument)
      case '[':
        return this.#listed(at, '[', ']', at => this.#value(at, inDocument), gap)
      case '{': {
        const member: End = at => this.#value(gap(this.#expect(gap(this.#string(at, inDocument)), ':')), inDocument)
        return this.#listed(at, '{', '}', member, gap)
      }
      default: {
        const word = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=[\s,\]}/]|$)/y
        word.lastIndex = at
        const found = word.exec(this.#all)?.[0]
        if (found === undefined) throw new Refused('no value')
        return at + found.length
      }
    }
  }

  /** Up to the comma or bracket that ends a value of which only strings, comments and brackets are told apart. */
  balanced(at: number, inDocument: boolean): number {
    const open: string[] = []
    for (let i = at; i < this.#all.length;) {
      const c = this.#all[i]!
      if (open.length === 0 && ',]}'.includes(c)) return i
      if (c === '"') i = this.#looseString(i)
      else if (c === '/' && inDocument) i = this.#comment(i)
      else {
        if ('{['.includes(c)) open.push(c)
        if (']}'.includes(c)) open.pop()
        i++
      }
    }
    throw new Refused('it ends in the middle')
  }

  /** Where a sort value and `hitEnd` follow for the first time. */
  markedEnd(at: number, hitEnd: string): number | undefined {
    const found = this.#all.indexOf(hitEnd, at)
    const [sorted] = /,"sort":\[-?\d*$/.exec(this.#all.slice(at, Math.max(at, found))) ?? ['']
    return sorted === '' || found - sorted.length === at ? undefined : found - sorted.length
  }

  /** Whether the document ends sooner by its own brackets. */
  endsBefore(at: number, end: number): boolean {
    try {
      return this.balanced(at, true) < end
    } catch {
      return false
    }
  }

  text(at: number, to: number): string {
    const text = this.#parsed(this.#all.slice(at, to))
    if (typeof text !== 'string') throw new Refused('a string is expected')
    return text
  }

  whole(at: number, to: number): string {
    const digits = this.#all.slice(at, to).trim()
    if (!/^-?\d{1,19}$/.test(digits)) throw new Refused('a whole number is expected')
    return digits
  }

  blanks(at: number): number {
    let i = at
    while (i < this.#all.length && ' \t\n\r'.includes(this.#all[i]!)) i++
    return i
  }

  /** Blanks and comments. */
  #gap(at: number): number {
    let i = this.blanks(at)
    while (this.#all[i] === '/') i = this.blanks(this.#comment(i))
    return i
  }

  #comment(at: number): number {
    const found = /\/\*[^]*?\*\/|\/\/[^\n\r]*[\n\r]/y
    found.lastIndex = at
    const comment = found.exec(this.#all)?.[0]
    if (comment === undefined) throw new Refused('no comment, or one that does not end')
    return at + comment.length
  }

  #string(at: number, inDocument: boolean): number {
    const to = this.#looseString(at)
    // Control characters are kept raw by old servers; JSON.parse wants them escaped.
    const text = this.#all.slice(at, to)
    this.#parsed(inDocument ? text.replaceAll(/\p{Cc}/gu, ' ') : text)
    return to
  }

  #looseString(at: number): number {
    const found = /"(?:[^"\\]|\\[^])*"/y
    found.lastIndex = at
    const string = found.exec(this.#all)?.[0]
    if (string === undefined) throw new Refused('no string, or one that does not end')
    return at + string.length
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as unknown
    } catch {
      throw new Refused('not JSON')
    }
  }

  #expect(at: number, c: string): number {
    const from = this.blanks(at)
    if (this.#all[from] !== c) throw new Refused(`no ${c}`)
    return from + 1
  }
}
