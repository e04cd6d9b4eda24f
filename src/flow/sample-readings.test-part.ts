import type { NodeReading, Reading } from './pressure-reading.ts'

export const calmNode: NodeReading = {
  name: 'n1',
  search: { threads: 4, queue: 0, rejected: 0, queueSize: 1_000 },
  write: { threads: 2, queue: 0, rejected: 0, queueSize: 10_000 },
  tripped: 0,
  heapPercent: 40,
  cpuPercent: 20,
  loadPerProcessor: 0.1,
  searches: { count: 0, ms: 0 },
  ownSearches: { count: 0, ms: 0 },
  diskLeftBytes: 1e12,
}

/** What happens from one reading to the next; what is not told does not. */
export interface Happening {
  readonly searches?: number
  /** Of each of them. */
  readonly ms?: number
  readonly own?: number
  readonly queue?: number
  readonly writeQueue?: number
  readonly rejected?: number
  readonly tripped?: number
  readonly heapPercent?: number
  readonly cpu?: number
  readonly load?: number
  readonly fills?: number
  /** Its counters begin anew. */
  readonly starts?: boolean
}

export const betweenReadingsMs = 2_000

/** The readings of a cluster of one node to which one thing after another happens. */
export function readingsOf(): (happening?: Happening) => Reading {
  let node = calmNode
  let atMs = 0
  let requestsSent = 0
  return (happening = {}) => {
    const { searches = 0, ms = 0, own = 0, queue = 0, writeQueue = 0, rejected = 0, tripped = 0 } = happening
    if (happening.starts) node = calmNode
    atMs += betweenReadingsMs
    requestsSent += own + 1
    node = {
      ...node,
      search: { ...node.search, queue, rejected: node.search.rejected + rejected },
      write: { ...node.write, queue: writeQueue },
      tripped: node.tripped + tripped,
      heapPercent: happening.heapPercent ?? calmNode.heapPercent,
      cpuPercent: happening.cpu ?? calmNode.cpuPercent,
      loadPerProcessor: happening.load ?? calmNode.loadPerProcessor,
      searches: { count: node.searches.count + searches + own, ms: node.searches.ms + searches * ms + own },
      ownSearches: { count: node.ownSearches.count + own, ms: node.ownSearches.ms + own },
      diskLeftBytes: (node.diskLeftBytes ?? 0) - (happening.fills ?? 0),
    }
    return { atMs, requestsSent, nodes: new Map([['id', node]]) }
  }
}
