const quote = 0x22
const backslash = 0x5c
const slash = 0x2f
const star = 0x2a
const blank = 0x20
const newline = 0x0a
const carriageReturn = 0x0d

/**
 * A document as one line of NDJSON, with the same meaning and, wherever it is legal there, the same bytes: line breaks
 * outside strings become blanks, `//` comments are taken out, line breaks in `/*` comments become blanks, raw control
 * bytes inside strings (illegal, but old servers hold them) become escapes.
 */
export function oneLine(source: Uint8Array): Uint8Array {
  const out: number[] = []
  let i = 0
  while (i < source.length) {
    const c = source[i]!
    if (c === quote) {
      i = copyString(source, i, out)
    } else if (c === slash && source[i + 1] === slash) {
      while (i < source.length && source[i] !== newline && source[i] !== carriageReturn) i++
    } else if (c === slash && source[i + 1] === star) {
      const end = endOfBlock(source, i)
      for (; i < end; i++) out.push(source[i]! < blank ? blank : source[i]!)
    } else {
      out.push(c === newline || c === carriageReturn ? blank : c)
      i++
    }
  }
  return Uint8Array.from(out)
}

function copyString(source: Uint8Array, from: number, out: number[]): number {
  out.push(quote)
  let i = from + 1
  while (i < source.length) {
    const c = source[i]!
    if (c === backslash) {
      out.push(c)
      if (i + 1 < source.length) out.push(source[i + 1]!)
      i += 2
    } else if (c < blank) {
      for (const digit of `\\u${c.toString(16).padStart(4, '0')}`) out.push(digit.charCodeAt(0))
      i++
    } else {
      out.push(c)
      i++
      if (c === quote) return i
    }
  }
  return i
}

function endOfBlock(source: Uint8Array, from: number): number {
  for (let i = from + 2; i + 1 < source.length; i++) if (source[i] === star && source[i + 1] === slash) return i + 2
  return source.length
}
