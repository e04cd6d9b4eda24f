import { indexPath } from './cluster.ts'

/** Names that fit into one request line, about. */
const pathBytes = 3_000

/** Many indices, as few requests. */
export function* inRequests(indices: readonly string[]): Iterable<readonly string[]> {
  let names: string[] = []
  let bytes = 0
  for (const index of indices) {
    const own = indexPath(index).length + 1
    if (bytes + own > pathBytes && names.length > 0) {
      yield names
      names = []
      bytes = 0
    }
    names.push(index)
    bytes += own
  }
  if (names.length > 0) yield names
}
