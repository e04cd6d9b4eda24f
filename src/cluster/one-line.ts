const quote = 0x22
const backslash = 0x5c
const slash = 0x2f
const star = 0x2a
const blank = 0x20
const newline = 0x0a
const carriageReturn = 0x0d

/** A byte written as `\u000a` is so much longer. */
const escapeGrowth = 5

/**
 * A document as one line of NDJSON, with the same meaning and, wherever it is legal there, the same bytes: line breaks
 * outside strings become blanks, `//` comments are taken out but for one that ends the document, line breaks in `/*`
 * comments become blanks, raw control bytes inside strings (illegal, but old servers hold them) become escapes.
 */
export function oneLine(source: Uint8Array): Uint8Array {
  // Written into one buffer: a document may have 100 MB.
  const out = new Uint8Array(source.length + escapeGrowth * countControls(source))
  let length = 0
  let inString = false
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!
    if (inString) {
      if (c < blank) length = writeEscape(c, out, length)
      else {
        out[length++] = c
        if (c === quote) inString = false
        else if (c === backslash && (source[i + 1] ?? 0) >= blank) out[length++] = source[++i]!
      }
    } else if (c === slash && source[i + 1] === slash) {
      const end = endOfLine(source, i)
      if (end < source.length) i = end - 1
      else {
        out.set(source.subarray(i), length)
        return out.subarray(0, length + source.length - i)
      }
    } else if (c === slash && source[i + 1] === star) {
      const end = endOfBlock(source, i)
      for (; i < end; i++) out[length++] = source[i]! < blank ? blank : source[i]!
      i--
    } else {
      if (c === quote) inString = true
      out[length++] = c === newline || c === carriageReturn ? blank : c
    }
  }
  return out.subarray(0, length)
}

function countControls(source: Uint8Array): number {
  let controls = 0
  for (const c of source) if (c < blank) controls++
  return controls
}

function writeEscape(c: number, out: Uint8Array, at: number): number {
  for (const digit of `\\u${c.toString(16).padStart(4, '0')}`) out[at++] = digit.charCodeAt(0)
  return at
}

/** Position of the line break that ends a comment; the end of the document where none does. */
function endOfLine(source: Uint8Array, from: number): number {
  for (let i = from; i < source.length; i++) if (source[i] === newline || source[i] === carriageReturn) return i
  return source.length
}

function endOfBlock(source: Uint8Array, from: number): number {
  for (let i = from + 2; i + 1 < source.length; i++) if (source[i] === star && source[i + 1] === slash) return i + 2
  return source.length
}
