/**
 * Invariant: two documents have the same canonical text exactly when they hold the same members with the same values.
 * Members are sorted by name, blanks and comments are gone, strings are written in one way, and a number stays the text it
 * is: `1.50` is not `1.5`, and no digit is lost to a floating-point value.
 */

/** The canonical text; undefined where the bytes are no JSON value. */
export function canonical(source: Uint8Array): string | undefined {
  try {
    return new Reader(source).whole()
  } catch (thrown) {
    // Nested deeper than the stack is deep: such a document is compared by its bytes.
    if (thrown === noJson || thrown instanceof RangeError) return undefined
    throw thrown
  }
}

const noJson = new Error('This is not JSON.')

const quote = 0x22
const backslash = 0x5c
const slash = 0x2f
const star = 0x2a
const comma = 0x2c
const colon = 0x3a
const bracketOpen = 0x5b
const bracketClose = 0x5d
const braceOpen = 0x7b
const braceClose = 0x7d

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  whole(): string {
    const text = this.#value()
    if (this.#next() !== undefined) throw noJson
    return text
  }

  #value(): string {
    const c = this.#next()
    if (c === braceOpen) return this.#object()
    if (c === bracketOpen) return this.#list()
    return c === quote ? this.#string() : this.#word()
  }

  #object(): string {
    const members: { readonly name: string; readonly text: string }[] = []
    this.#between(braceClose, () => {
      if (this.#next() !== quote) throw noJson
      const name = this.#string()
      if (this.#next() !== colon) throw noJson
      this.#at++
      members.push({ name, text: `${name}:${this.#value()}` })
    })
    // A stable sort: of a name that stands twice, which old servers took, the order stays.
    members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    return `{${members.map(({ text }) => text).join(',')}}`
  }

  #list(): string {
    const values: string[] = []
    this.#between(bracketClose, () => values.push(this.#value()))
    return `[${values.join(',')}]`
  }

  /** What stands between brackets, comma by comma; moves behind the closing one. */
  #between(close: number, item: () => void): void {
    this.#at++
    if (this.#next() === close) {
      this.#at++
      return
    }
    for (;;) {
      item()
      const c = this.#next()
      this.#at++
      if (c === close) return
      if (c !== comma) throw noJson
    }
  }

  /** Always written as JSON.stringify writes it, whatever escapes it came with. */
  #string(): string {
    const b = this.#bytes
    const from = this.#at
    let plain = true
    for (let i = from + 1; i < b.length; i++) {
      const c = b[i]!
      if (c === quote) {
        this.#at = i + 1
        const text = b.toString('utf8', from, i + 1)
        return plain ? text : JSON.stringify(unescaped(text))
      }
      if (c === backslash) {
        plain = false
        i++
      } else if (c < 0x20) plain = false
    }
    throw noJson
  }

  /** A number, `true`, `false`, `null`, and what else servers take bare, such as `NaN`: as it is written. */
  #word(): string {
    const from = this.#at
    const b = this.#bytes
    while (this.#at < b.length && isWordByte(b[this.#at]!)) this.#at++
    if (this.#at === from) throw noJson
    return b.toString('latin1', from, this.#at)
  }

  /** The next byte that is neither blank nor comment, or undefined at the end; stays at it. */
  #next(): number | undefined {
    const b = this.#bytes
    for (;;) {
      const c = b[this.#at]
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) this.#at++
      else if (c === slash) this.#comment()
      else return c
    }
  }

  #comment(): void {
    const b = this.#bytes
    const second = b[this.#at + 1]
    let i = this.#at + 2
    if (second === slash) while (i < b.length && b[i] !== 0x0a && b[i] !== 0x0d) i++
    else if (second === star) {
      while (i < b.length && !(b[i] === star && b[i + 1] === slash)) i++
      if (i >= b.length) throw noJson
      i += 2
    } else throw noJson
    this.#at = i
  }
}

function isWordByte(c: number): boolean {
  return (
    (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x2b || c === 0x2d || c === 0x2e
  )
}

/** The text of a string literal; raw control characters inside it, which old servers hold, count as themselves. */
function unescaped(literal: string): string {
  try {
    // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
    const legal = literal.replace(/[\u0000-\u001F]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    return JSON.parse(legal) as string
  } catch {
    throw noJson
  }
}
