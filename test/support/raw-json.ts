/**
 * The exact texts inside JSON text, by the plainest means: split into words, count brackets. Bytes are held as Latin-1 text,
 * a character each. It knows comments, which servers keep inside documents, and shares nothing with the product's own scanner.
 */
const word = /"[^"\\]*(?:\\[^][^"\\]*)*"|\/\/[^\n\r]*|\/\*[^]*?\*\/|[[\]{},:]|[^"[\]{},:/]+/y

/** The members of an object: name, and the text of its value with all blanks around it. */
export function members(text: string): Map<string, string> {
  return new Map(
    items(text).map(item => {
      const name = /^\s*("[^"\\]*(?:\\[^][^"\\]*)*")\s*:/.exec(item)
      if (name?.[1] === undefined) throw new Error(`No member of an object: ${item.slice(0, 80)}`)
      return [parsed(name[1]) as string, item.slice(name[0].length)]
    }),
  )
}

/** The texts between the brackets of an object or a list, cut at its own commas. */
export function items(text: string): string[] {
  const found: string[] = []
  let depth = 0
  let from = 0
  word.lastIndex = 0
  for (;;) {
    const at = word.lastIndex
    const token = word.exec(text)?.[0]
    if (token === undefined) throw new Error(`This is not JSON from character ${at} on: ${text.slice(at, at + 80)}`)
    const opens = token === '{' || token === '['
    const closes = token === '}' || token === ']'
    if (opens && ++depth === 1) from = word.lastIndex
    if (depth === 1 && (token === ',' || closes)) {
      const item = text.slice(from, at)
      if (item.trim() !== '' || token === ',' || found.length > 0) found.push(item)
      from = word.lastIndex
    }
    if (closes && --depth === 0) return found
  }
}

/** For small values only: names, ids, counts. */
export function parsed(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))
}
