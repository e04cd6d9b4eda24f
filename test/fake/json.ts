// JSON as a server of the family sees it: documents may hold comments, keys may not repeat, and stored bytes go out untouched.

/** Bytes that are already JSON and are copied into an answer as they are. */
export class RawJson {
  readonly bytes: Buffer

  constructor(bytes: Buffer | string) {
    this.bytes = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  }
}

export type Json = string | number | bigint | boolean | null | RawJson | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json | undefined
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawJson)
}

/** The object, or an empty one when the value is anything else. */
export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

export function asArray(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

/** A scalar as the text a server keeps for it in settings and names. */
export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : encodeJson(value).toString()
}

/** The bytes of an answer; a stored document inside it keeps every byte. */
export function encodeJson(value: Json): Buffer {
  const chunks: Buffer[] = []
  let text = ''
  const write = (item: Json): void => {
    if (item instanceof RawJson) {
      chunks.push(Buffer.from(text), item.bytes)
      text = ''
    } else if (Array.isArray(item)) {
      text += '['
      item.forEach((element, index) => {
        if (index > 0) text += ','
        write(element)
      })
      text += ']'
    } else if (isObject(item)) {
      let separator = '{'
      for (const [key, element] of Object.entries(item)) {
        if (element === undefined) continue
        text += `${separator}${JSON.stringify(key)}:`
        separator = ','
        write(element)
      }
      text += separator === '{' ? '{}' : '}'
    } else text += typeof item === 'bigint' ? item.toString() : JSON.stringify(item)
  }
  write(value)
  chunks.push(Buffer.from(text))
  return Buffer.concat(chunks)
}

/** The same value without raw parts: what a server makes of a document once it has to filter or indent the answer. */
export function reserialised(value: Json): Json {
  if (value instanceof RawJson) return parseJson(value.bytes.toString())
  if (Array.isArray(value)) return value.map(reserialised)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? undefined : reserialised(item)]),
  )
}

/** Text that is no JSON; `cutOff` when it merely ends too early. */
export class JsonError extends Error {
  readonly cutOff: boolean

  constructor(message: string, cutOff = false) {
    super(message)
    this.cutOff = cutOff
  }
}

/** Parses one value. Comments are blanks, repeated keys are an error, whole numbers beyond 2^53 become bigint. */
export function parseJson(text: string): Json {
  const reader = new Reader(text)
  const value = reader.value()
  reader.end()
  return value
}

const BLANK = /(?:[ \t\r\n]|\/\*[^]*?\*\/|\/\/[^\n]*)*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?![\w.])/y
const STRING = /"(?:[^"\\]|\\[^])*"/y
const WORD = /\w+/y
const WORDS = new Map<string | undefined, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): Json {
    this.#take(BLANK)
    const first = this.#text[this.#at]
    if (first === '{') return this.#object()
    if (first === '[') return this.#array()
    if (first === '"') return this.#string()
    const number = this.#take(NUMBER)
    if (number !== undefined) return toNumber(number)
    const word = this.#take(WORD)
    const known = WORDS.get(word)
    if (known !== undefined) return known
    return this.#fail(
      word === undefined ? 'a value' : `JSON String, Number, Array, Object or token 'null', 'true' or 'false'`,
      word,
    )
  }

  end(): void {
    this.#take(BLANK)
    if (this.#at < this.#text.length) this.#fail('the end', this.#take(WORD))
  }

  #object(): JsonObject {
    const object = Object.create(null) as JsonObject
    this.#at++
    if (this.#skip('}')) return object
    do {
      this.#take(BLANK)
      if (this.#text[this.#at] !== '"') this.#fail('double-quote to start field name')
      const key = this.#string()
      if (key in object) throw new JsonError(`Duplicate field '${key}'`)
      if (!this.#skip(':')) this.#fail('a colon to separate field name and value')
      object[key] = this.value()
    } while (this.#skip(','))
    if (!this.#skip('}')) this.#fail('comma to separate Object entries')
    return object
  }

  #array(): Json[] {
    const array: Json[] = []
    this.#at++
    if (this.#skip(']')) return array
    do array.push(this.value())
    while (this.#skip(','))
    if (!this.#skip(']')) this.#fail('comma to separate Array entries')
    return array
  }

  #string(): string {
    const token = this.#take(STRING)
    if (token === undefined) throw new JsonError('Unexpected end-of-input in VALUE_STRING', true)
    try {
      return JSON.parse(token) as string
    } catch {
      throw new JsonError('Illegal unquoted character or escape in a string value')
    }
  }

  /** Moves past the pattern, which may be empty, and returns what it matched. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0]
    this.#at += match?.length ?? 0
    return match
  }

  #skip(character: string): boolean {
    this.#take(BLANK)
    const found = this.#text[this.#at] === character
    if (found) this.#at++
    return found
  }

  #fail(wanted: string, token?: string): never {
    if (token !== undefined) throw new JsonError(`Unrecognized token '${token}': was expecting (${wanted})`)
    const found = this.#text[this.#at]
    if (found === undefined) throw new JsonError('Unexpected end-of-input', true)
    throw new JsonError(`Unexpected character ('${found}' (code ${found.charCodeAt(0)})): was expecting ${wanted}`)
  }
}

function toNumber(token: string): number | bigint {
  const number = Number(token)
  return Number.isSafeInteger(number) || /[.eE]/.test(token) ? number : BigInt(token)
}
