/** `a, b, c and 4 others` */
export function shortList(names: readonly string[], show = 5): string {
  if (names.length <= show + 1) return new Intl.ListFormat('en').format(names)
  return `${names.slice(0, show).join(', ')} and ${names.length - show} others`
}

/** `1 index`, `2 indices` */
export function indexCount(count: number): string {
  return count === 1 ? '1 index' : `${count} indices`
}

/** Lists of names that fit into a request line each: servers take 4 KB (`http.max_initial_line_length`), and a name grows when it is encoded. */
export function nameChunks(names: readonly string[], maxChars = 2_500): string[][] {
  const chunks: string[][] = []
  let room = 0
  for (const name of names) {
    const chars = encodeURIComponent(name).length + 1
    if (chars > room) {
      chunks.push([])
      room = maxChars
    }
    chunks.at(-1)?.push(name)
    room -= chars
  }
  return chunks
}
