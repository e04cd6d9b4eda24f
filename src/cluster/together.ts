/**
 * The same question about many indices, asked with few requests: whatever is asked in one turn of the event loop goes
 * together. The answer, and the error, is each index's own: where the joint request is refused, or its answer does not
 * settle an index, that one is asked about alone. So callers ask index by index, many at once, and need not know of this.
 */
import { ShardferryError } from '../model/errors.ts'
import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'

/** Asks about some indices at once. By index; of several, those that are missing are asked about alone. */
export type Ask<A> = (cluster: Cluster, indices: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, A>>

/** As `Ask`, with something that is asked for, and that only those share whose text (JSON) is the same. */
export type AskFor<W, A> = (
  cluster: Cluster,
  indices: readonly string[],
  what: W,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, A>>

/** Gives undefined where the answer about an index alone has nothing about it. */
export function together<A>(ask: Ask<A>): (cluster: Cluster, index: string, signal: AbortSignal) => Promise<A | undefined> {
  const asked = togetherFor<null, A>((cluster, indices, _, signal) => ask(cluster, indices, signal))
  return (cluster, index, signal) => asked(cluster, index, null, signal)
}

export function togetherFor<W, A>(
  ask: AskFor<W, A>,
): (cluster: Cluster, index: string, what: W, signal: AbortSignal) => Promise<A | undefined> {
  const waiting = new WeakMap<Cluster, Waiting<W, A>[]>()
  return (cluster, index, what, signal) => {
    const own = { index, what, signal, answer: Promise.withResolvers<A | undefined>() }
    const others = waiting.get(cluster)
    if (others) others.push(own)
    else {
      const all: Waiting<W, A>[] = [own]
      waiting.set(cluster, all)
      setImmediate(() => {
        waiting.delete(cluster)
        for (const alike of Map.groupBy(all, one => JSON.stringify(one.what)).values())
          for (const some of inRequests(alike, one => one.index)) void answer(ask, cluster, some)
      })
    }
    return own.answer.promise
  }
}

interface Waiting<W, A> {
  readonly index: string
  readonly what: W
  readonly signal: AbortSignal
  readonly answer: PromiseWithResolvers<A | undefined>
}

async function answer<W, A>(ask: AskFor<W, A>, cluster: Cluster, waiting: readonly Waiting<W, A>[]): Promise<void> {
  const found = waiting.length > 1 ? await jointly(ask, cluster, waiting) : new Map<string, A>()
  for (const one of waiting) {
    const { index, what, signal } = one
    if (found instanceof ShardferryError) one.answer.reject(found)
    else if (found.has(index)) one.answer.resolve(found.get(index))
    else
      ask(cluster, [index], what, signal)
        .then(alone => alone.get(index))
        .then(one.answer.resolve, one.answer.reject)
  }
}

/** What may pass concerns them all. What is wrong with one of them only shows when it is asked about alone. */
async function jointly<W, A>(
  ask: AskFor<W, A>,
  cluster: Cluster,
  waiting: readonly Waiting<W, A>[],
): Promise<ReadonlyMap<string, A> | ShardferryError> {
  const indices = waiting.map(({ index }) => index)
  const [only, ...others] = new Set(waiting.map(one => one.signal))
  const signal = only && others.length === 0 ? only : AbortSignal.any(waiting.map(one => one.signal))
  try {
    return await ask(cluster, indices, waiting[0]!.what, signal)
  } catch (thrown) {
    return thrown instanceof ShardferryError && thrown.recovery === 'retry' ? thrown : new Map<string, A>()
  }
}

/** Bytes of names that fit into one request line, about. */
const pathBytes = 3_000
/** A server makes its answer in memory. */
const mostIndices = 200

/** In order, as many together as one request can name. */
export function* inRequests<T>(all: Iterable<T>, indexOf: (one: T) => string): Iterable<readonly T[]> {
  let some: T[] = []
  let bytes = 0
  for (const one of all) {
    const own = indexPath(indexOf(one)).length + 1
    if (some.length > 0 && (bytes + own > pathBytes || some.length === mostIndices)) {
      yield some
      some = []
      bytes = 0
    }
    some.push(one)
    bytes += own
  }
  if (some.length > 0) yield some
}
