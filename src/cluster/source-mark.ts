/**
 * Invariant: where a document ends is told by what only this search can have written. Each search gives a random name to
 * a query that matches everything, and servers write the names of matching queries behind each document and its sort
 * value. The name is younger than every document the search can see, so no document can hold it. So the end is found by
 * a search for bytes, several times quicker than by reading the document, and whatever the document holds: also where it
 * ends in a comment, which by the letter of the answer takes in all that follows on its line.
 */
import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../model/plan.ts'

export interface SourceMark {
  readonly name: string
  /** The end of a hit that carries the mark: of its sort value, its matching queries, and itself. */
  readonly hitEnd: Buffer
}

export function newMark(): SourceMark {
  return markNamed(randomBytes(12).toString('base64url'))
}

export function markNamed(name: string): SourceMark {
  return { name, hitEnd: Buffer.from(`],"matched_queries":["${name}"]}`, 'latin1') }
}

/** The same query, whose hits carry the mark. Undefined where the query has names of its own, which would stand beside it. */
export function withMark(query: JsonObject, { name }: SourceMark): JsonObject | undefined {
  if (JSON.stringify(query).includes('"_name"')) return undefined
  return { bool: { must: [query], filter: [{ match_all: { _name: name } }] } }
}

const sortKey = Buffer.from(',"sort":[', 'latin1')
const minus = 0x2d
const zero = 0x30
const nine = 0x39

/** The sources of a page whose hits carry a mark; asked for from its beginning to its end. */
export class MarkedSources {
  readonly #text: Buffer
  readonly #mark: SourceMark
  readonly #newlines: Positions
  readonly #returns: Positions
  /** Where the hit ends whose source was found last: at its closing brace. */
  hitEnd = -1

  constructor(text: Buffer, mark: SourceMark) {
    this.#text = text
    this.#mark = mark
    this.#newlines = new Positions(text, 0x0a)
    this.#returns = new Positions(text, 0x0d)
  }

  /** Where the source that begins at `from` ends; undefined where what follows it is not what is expected. */
  endOf(from: number): number | undefined {
    const text = this.#text
    const found = text.indexOf(this.#mark.hitEnd, from)
    this.hitEnd = found + this.#mark.hitEnd.length - 1
    let at = found
    while (at > from && text[at - 1]! >= zero && text[at - 1]! <= nine) at--
    if (at > from && text[at - 1] === minus) at--
    const end = at - sortKey.length
    if (end <= from) return undefined
    for (let i = 0; i < sortKey.length; i++) if (text[end + i] !== sortKey[i]) return undefined
    return end
  }

  /** Servers keep no other control byte that is not escaped, but for tabs between values. */
  hasLineBreak(from: number, to: number): boolean {
    return this.#newlines.any(from, to) || this.#returns.any(from, to)
  }
}

/** Where a byte stands, each place looked for once. */
class Positions {
  readonly #text: Buffer
  readonly #byte: number
  #next = -1

  constructor(text: Buffer, byte: number) {
    this.#text = text
    this.#byte = byte
  }

  /** `from` never goes back. */
  any(from: number, to: number): boolean {
    if (this.#next < from) {
      const found = this.#text.indexOf(this.#byte, from)
      this.#next = found < 0 ? Infinity : found
    }
    return this.#next < to
  }
}
