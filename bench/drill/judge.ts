/** One side against the truth, document by document: id, routing and what the document says; and against the other side, byte by byte. */
import { isDeepStrictEqual } from 'node:util'
import { readAll, valueOf } from '../../test/support/compare.ts'
import type { Found } from '../../test/support/compare.ts'
import type { DrillCluster } from './cluster.ts'
import type { Known, Truth, Value } from './truth.ts'

export interface Judged {
  readonly documents: number
  /** Of the truth, and not on the target. */
  readonly lost: number
  /** On the target more than once. */
  readonly duplicated: number
  /** On the target with another content, other bytes or another routing; or there, and never written, or deleted. */
  readonly wrong: number
  /** Acknowledged by the source and not there any more: its fault, not the copy's. */
  readonly sourceLost: number
  /** Some words on the first of each. */
  readonly examples: readonly string[]
}

/** An index on a cluster. */
export interface Place {
  readonly cluster: DrillCluster
  readonly index: string
}

/** Asks the cluster that is written to about every write that was never answered. */
export async function settleDoubts(cluster: DrillCluster, truth: Truth, index: string): Promise<void> {
  for (const id of truth.doubtful(index)) {
    const { routing } = truth.of(index).get(id) ?? {}
    const where = `/${index}/_doc/${encodeURIComponent(id)}${routing === undefined ? '' : `?routing=${routing}`}`
    const { status, body } = await cluster.send('GET', where)
    if (status !== 200 && status !== 404) throw new Error(`${index} does not tell what became of ${id}: ${status}`)
    const answer = JSON.parse(body.toString('utf8')) as { readonly found: boolean; readonly _source?: Value }
    truth.know(index, id, routing, answer.found ? answer._source : undefined)
  }
}

/** @param copy what is judged, against what is `known` and against the `original` */
export async function judge(known: ReadonlyMap<string, Known>, original: Place, copy: Place): Promise<Judged> {
  const everything = { match_all: {} }
  // Where the copy was refused there may be no index at all.
  const none = (await copy.cluster.send('HEAD', `/${copy.index}`)).status === 404
  const [here, there] = await Promise.all([
    readAll(original.cluster.alive(), original.index, everything).then(byId),
    none ? new Map<string, Found[]>() : readAll(copy.cluster.alive(), copy.index, everything).then(byId),
  ])
  const counts = { documents: 0, lost: 0, duplicated: 0, wrong: 0, sourceLost: 0 }
  const examples: string[] = []
  const count = (what: keyof typeof counts, why: string): void => {
    if (counts[what]++ === 0) examples.push(`${what}: ${copy.index} of ${copy.cluster.site.name}: ${why}`)
  }
  for (const [id, { routing, value }] of known) {
    const [copied, ...more] = there.get(id) ?? []
    const [first] = here.get(id) ?? []
    there.delete(id)
    if (!isDeepStrictEqual(first && valueOf(first.source), value)) count('sourceLost', `${id} is not as it was acknowledged`)
    if (more.length > 0) count('duplicated', `${id} is there ${more.length + 1} times`)
    if (value === undefined) {
      if (copied) count('wrong', `${id} was deleted`)
      continue
    }
    counts.documents++
    if (!copied) count('lost', `${id} is missing, of rev ${value.rev}`)
    else if (copied.routing !== routing || !isDeepStrictEqual(valueOf(copied.source), value))
      count('wrong', `${id} is ${copied.source.slice(0, 120)} instead of ${JSON.stringify(value).slice(0, 120)}`)
    else if (first && copied.source !== first.source) count('wrong', `${id} has other bytes`)
  }
  for (const id of there.keys()) count('wrong', `${id} was never written`)
  return { ...counts, examples }
}

function byId(all: readonly Found[]): Map<string, Found[]> {
  const found = new Map<string, Found[]>()
  for (const one of all) {
    const same = found.get(one.id)
    if (same) same.push(one)
    else found.set(one.id, [one])
  }
  return found
}
