/** What the nodes of a cluster told at one moment. Numbers of what has happened count from a node's start. */
export interface Reading {
  readonly atMs: number
  /** By the node's id. */
  readonly nodes: ReadonlyMap<string, NodeReading>
  /** Requests that we had sent to it by then. */
  readonly requestsSent: number
}

export interface NodeReading {
  readonly name: string
  readonly search: ThreadPool
  readonly write: ThreadPool
  /** Times that its circuit breakers refused something. */
  readonly tripped: number
  readonly heapPercent: number
  /** Of its machine, by everything there. */
  readonly cpuPercent: number | undefined
  readonly loadPerProcessor: number | undefined
  /** Searches of shards by everybody. */
  readonly searches: Searches
  /** Those of them that are ours. */
  readonly ownSearches: Searches
  /** Until the flood stage, where indices become read-only; undefined where it is not known or is off. */
  readonly diskLeftBytes: number | undefined
}

export interface ThreadPool {
  readonly threads: number
  readonly queue: number
  readonly rejected: number
  /** What fits into the queue. */
  readonly queueSize: number | undefined
}

export interface Searches {
  readonly count: number
  readonly ms: number
}

/** What happened on a node between two readings. */
export interface NodeChange {
  readonly id: string
  readonly node: NodeReading
  readonly searchesRejected: number
  readonly writesRejected: number
  readonly tripped: number
  readonly others: Searches
  /** At the pace of the time between. */
  readonly secondsUntilFull: number
}

/** Of the nodes that are in both readings; one that was started anew meanwhile has nothing to compare. */
export function byNode(before: Reading, after: Reading): readonly NodeChange[] {
  const seconds = (after.atMs - before.atMs) / 1000
  const both = [...after.nodes].flatMap(([id, node]) => {
    const earlier = before.nodes.get(id)
    return earlier && !isStartedAnew(earlier, node) ? [{ id, node, earlier }] : []
  })
  const searchesOf = both.map(({ node, earlier }) => ({
    all: minus(node.searches, earlier.searches),
    own: minus(node.ownSearches, earlier.ownSearches),
  }))
  // Counts of ours are not marked as ours; each request is one, or a page that is.
  const marked = searchesOf.reduce((sum, { own }) => sum + own.count, 0)
  let unmarked = Math.max(0, after.requestsSent - before.requestsSent - marked)
  return both.map(({ id, node, earlier }, i): NodeChange => {
    const { all, own } = searchesOf[i]!
    const rest = minus(all, own)
    const ours = Math.min(unmarked, rest.count)
    unmarked -= ours
    const filled = (earlier.diskLeftBytes ?? 0) - (node.diskLeftBytes ?? 0)
    return {
      id,
      node,
      searchesRejected: node.search.rejected - earlier.search.rejected,
      writesRejected: node.write.rejected - earlier.write.rejected,
      tripped: node.tripped - earlier.tripped,
      others: { count: rest.count - ours, ms: rest.count > 0 ? (rest.ms * (rest.count - ours)) / rest.count : 0 },
      secondsUntilFull: node.diskLeftBytes === undefined || filled <= 0 ? Infinity : (node.diskLeftBytes * seconds) / filled,
    }
  })
}

function minus(a: Searches, b: Searches): Searches {
  return { count: Math.max(0, a.count - b.count), ms: Math.max(0, a.ms - b.ms) }
}

/** Its counters begin at zero again; shards that leave a node take their searches with them, which is no start. */
function isStartedAnew(earlier: NodeReading, node: NodeReading): boolean {
  return (
    node.search.rejected < earlier.search.rejected ||
    node.write.rejected < earlier.write.rejected ||
    node.tripped < earlier.tripped ||
    node.searches.count < earlier.searches.count
  )
}
