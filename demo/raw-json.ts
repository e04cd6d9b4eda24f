/** Cuts JSON text into the exact texts of its parts. Nothing is parsed and printed again, so `1.50` stays `1.50`. */

/** The members of the object that is `text`, each with the exact text of its value. */
export function rawMembers(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = afterBlanks(text, 1)
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at)
    const valueAt = afterBlanks(text, afterBlanks(text, nameEnd) + 1)
    const valueEnd = endOfValue(text, valueAt)
    members.set(JSON.parse(text.slice(at, nameEnd)) as string, text.slice(valueAt, valueEnd))
    at = afterComma(text, valueEnd)
  }
  return members
}

/** The exact texts of the items of the array that is `text`. */
export function rawItems(text: string): string[] {
  const items: string[] = []
  let at = afterBlanks(text, 1)
  while (at < text.length && text[at] !== ']') {
    const end = endOfValue(text, at)
    items.push(text.slice(at, end))
    at = afterComma(text, end)
  }
  return items
}

function endOfValue(text: string, at: number): number {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    switch (text.charAt(i)) {
      case '"':
        i = endOfString(text, i) - 1
        if (depth === 0) return i + 1
        break
      case '{':
      case '[':
        depth++
        break
      case '}':
      case ']':
        // A number or a word ends where what it stands in ends.
        if (depth === 0) return i
        if (--depth === 0) return i + 1
        break
      case ',':
        if (depth === 0) return i
        break
      default:
    }
  }
  return text.length
}

function endOfString(text: string, at: number): number {
  let end = at
  do end = text.indexOf('"', end + 1)
  while (end !== -1 && isEscaped(text, end))
  return end === -1 ? text.length : end + 1
}

/** An odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let from = at
  while (text[from - 1] === '\\') from--
  return (at - from) % 2 === 1
}

function afterComma(text: string, at: number): number {
  const next = afterBlanks(text, at)
  return text[next] === ',' ? afterBlanks(text, next + 1) : next
}

function afterBlanks(text: string, at: number): number {
  let next = at
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
  return next
}
