/** The known word nearest to a mistyped one, or undefined where none is near. Case, dashes and underscores do not count. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '')
  const wanted = plain(word)
  const ranked = known
    .map(candidate => ({ candidate, distance: distance(wanted, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(2, Math.ceil(wanted.length * 0.4)) && best.distance < wanted.length
    ? best.candidate
    : undefined
}

/** A word cut short, such as `user` for `username`, is as near as one wrong letter. */
function distance(wanted: string, candidate: string): number {
  return wanted.length >= 3 && candidate.startsWith(wanted)
    ? Math.min(1, candidate.length - wanted.length)
    : editDistance(wanted, candidate)
}

/** Letters to add, drop or exchange (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
