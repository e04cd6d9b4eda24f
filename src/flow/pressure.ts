/**
 * Judges what a cluster tells of itself: is there more than it, or those who use it, can bear? Pure: readings in, a level
 * and a reason out. What only shows that somebody works there (CPU at 100%, a queue of our own bulk requests) is no
 * reason: nobody suffers from it.
 */
import type { Side } from '../model/connection.ts'
import { Usual } from './latency.ts'
import { byNode } from './pressure-reading.ts'
import type { NodeChange, Reading } from './pressure-reading.ts'

/** calm: may widen. raised: stay. high: narrow. What lies between keeps the width from going to and fro. */
export type Level = 'calm' | 'raised' | 'high'

export interface Judgement {
  readonly level: Level
  /** Why it is not calm. */
  readonly reason: string
  /** Others have begun to search there. */
  readonly arrived: boolean
}

export interface Circumstances {
  /** Nothing was moved since the last judgement. */
  readonly resting: boolean
  /** As little was moved as ever is. */
  readonly gentle: boolean
  /** Load per processor that a node may have; 0: any. */
  readonly maxLoad: number
  /** Of our own requests since the last judgement: milliseconds per MiB, and how many were under way at once. */
  readonly own?: { readonly msPerMib: number; readonly width: number } | undefined
}

interface Signal {
  readonly level: Exclude<Level, 'calm'>
  readonly reason: string
}

/** Searches of others, compared with what is usual. */
const slower = { raised: 1.1, high: 1.25 }
/** Our own requests, which vary more. */
const muchSlower = { raised: 2, high: 3 }
/** Of the CPU that others leave while we rest: where others search, the rest is kept free for them. */
const cpuShare = { raised: 1 / 3, high: 1 / 2 }
/** Readings in which it is learned what is usual, once others have come. */
const learnedAfter = 3
const heapPercent = { raised: 85, high: 92 }
/** Of --max-load. */
const nearMaxLoad = 0.9
/** Searches of others that a mean is made of. */
const fewestSearches = 10
/** Readings in a row after which they have come: what counts as theirs for a moment may be a count of ours, on many shards. */
const cameAfter = 2
/** Readings without a search of others after which they have gone. */
const goneAfter = 24
/** Others are there with so many searches a second, or with searches that keep a thread busy for this share of the time. */
const present = { perSecond: 1, busy: 0.1 }

export class PressureJudge {
  readonly #side: Side
  #before: Reading | undefined
  #usual = new Usual()
  readonly #usualCpu = new Map<string, Usual>()
  /** Readings since others came. */
  #knownFor = 0
  readonly #ownUsual = new Map<number, Usual>()
  readonly #streaks = new Map<string, number>()
  #pending = { searches: 0, ms: 0 }
  #reason: string
  #others: 'there' | 'away' = 'away'
  /** Readings in a row with searches of others, or without. */
  #withOthers = 0
  #withoutOthers = 0

  constructor(side: Side) {
    this.#side = side
    this.#reason = `others search on the ${side}`
  }

  /** @param reading undefined where it may not be looked: then only our own requests tell */
  judge(reading: Reading | undefined, now: Circumstances): Judgement {
    const before = this.#before
    this.#before = reading ?? before
    const unknown = reading === undefined
    const changes = reading && before ? byNode(before, reading) : []
    const arrived = reading && before ? this.#meetOthers(changes, (reading.atMs - before.atMs) / 1000) : false
    const othersHere = unknown || this.#others === 'there'
    const signals = [
      ...changes.flatMap(change => this.#ofNode(change, now, othersHere && !unknown)),
      this.#othersSlower(changes, now),
      othersHere ? this.#ownSlower(now) : undefined,
    ].filter(signal => signal !== undefined)
    const worst = signals.find(({ level }) => level === 'high') ?? signals[0]
    if (arrived && !worst) return { level: 'raised', reason: this.#reason, arrived }
    return { level: worst?.level ?? 'calm', reason: worst?.reason ?? '', arrived }
  }

  /** Whether others search there now and did not before. */
  #meetOthers(changes: readonly NodeChange[], seconds: number): boolean {
    const searches = changes.reduce((sum, { others }) => sum + others.count, 0)
    const ms = changes.reduce((sum, { others }) => sum + others.ms, 0)
    const here = searches >= present.perSecond * seconds || ms >= 1000 * present.busy * seconds
    this.#withOthers = here ? this.#withOthers + 1 : 0
    this.#withoutOthers = here ? 0 : this.#withoutOthers + 1
    const arrived = this.#others === 'away' && this.#withOthers >= cameAfter
    if (this.#others === 'there') this.#knownFor++
    if (arrived) this.#meet()
    if (this.#withoutOthers >= goneAfter) this.#others = 'away'
    return arrived
  }

  /** What they take without us is learned anew: before, we may have moved as much as we could. */
  #meet(): void {
    this.#others = 'there'
    this.#knownFor = 0
    this.#usual = new Usual()
    this.#usualCpu.clear()
    this.#pending = { searches: 0, ms: 0 }
  }

  #ofNode(change: NodeChange, now: Circumstances, othersHere: boolean): (Signal | undefined)[] {
    const { node } = change
    const at = `the ${this.#side}'s node ${node.name}`
    const high = (when: boolean, reason: string): Signal | undefined => (when ? { level: 'high', reason } : undefined)
    return [
      high(change.searchesRejected > 0, `${at} rejects searches`),
      high(change.writesRejected > 0, `${at} rejects writes`),
      high(change.tripped > 0, `a circuit breaker of ${at} has tripped`),
      othersHere ? this.#searchesWait(change, at) : undefined,
      othersHere ? this.#cpu(change, at, now) : undefined,
      high(node.write.queue > (node.write.queueSize ?? Infinity) / 2, `${node.write.queue} writes wait on ${at}`),
      this.#heap(change, at),
      load(change, at, now.maxLoad),
      high(change.secondsUntilFull < 60, `the disk of ${at} has less than a minute until its flood stage`),
    ]
  }

  /** Where nobody else searches, those that wait are our own; and one that has just come is in the queue too, if only for a moment. */
  #searchesWait({ id, node: { search } }: NodeChange, at: string): Signal | undefined {
    const streak = this.#streak(`queue ${id}`, search.queue >= Math.max(2, search.threads / 2))
    if (streak === 0) return undefined
    const many = search.queue > search.threads || streak > 1
    return { level: many ? 'high' : 'raised', reason: `${search.queue} searches wait on ${at}` }
  }

  /** A machine that is busy with us alone may be: nobody waits for it. */
  #cpu({ id, node: { cpuPercent } }: NodeChange, at: string, { resting, gentle }: Circumstances): Signal | undefined {
    if (cpuPercent === undefined) return undefined
    const usual = this.#usualCpu.get(id) ?? new Usual()
    this.#usualCpu.set(id, usual)
    usual.learnGently(cpuPercent, resting, gentle)
    const calm = usual.value ?? cpuPercent
    const share = (cpuPercent - calm) / Math.max(1, 100 - calm)
    return graded(
      share,
      cpuShare,
      `the CPU of ${at} is at ${Math.round(cpuPercent)}%, of ${Math.round(calm)}% without us, and others search there`,
    )
  }

  /** One reading says little: a heap fills up until it is collected. */
  #heap({ id, node }: NodeChange, at: string): Signal | undefined {
    const reason = `${at} uses ${node.heapPercent}% of its heap`
    if (this.#streak(`heap ${id}`, node.heapPercent >= heapPercent.high) > 2) return { level: 'high', reason }
    const raised = this.#streak(`heap raised ${id}`, node.heapPercent >= heapPercent.raised) > 1
    return raised ? { level: 'raised', reason } : undefined
  }

  /**
   * The mean time of a search of others, against the one that is usual while we rest or nearly do: only then it may become
   * longer, so that what stays although we nearly rest, and is not ours, slows nobody down for long.
   */
  #othersSlower(changes: readonly NodeChange[], { resting, gentle }: Circumstances): Signal | undefined {
    for (const { others } of changes) {
      this.#pending.searches += others.count
      this.#pending.ms += others.ms
    }
    const { searches, ms } = this.#pending
    if (searches < fewestSearches || (this.#others === 'there' && this.#knownFor < learnedAfter)) {
      // As long as nothing new is known of them, nothing changes.
      const waits = this.#others === 'there' && this.#withOthers > 0 && changes.length > 0
      return waits ? { level: 'raised', reason: this.#reason } : undefined
    }
    this.#pending = { searches: 0, ms: 0 }
    const mean = ms / searches
    this.#usual.learnGently(mean, resting, gentle)
    const times = this.#usual.times(mean)
    if (this.#others === 'away') return undefined
    const reason = `searches of others on the ${this.#side} take ${times.toFixed(1)} times as long as usual`
    const signal = graded(times, slower, reason)
    this.#reason = signal?.reason ?? `others search on the ${this.#side}`
    return signal
  }

  #ownSlower({ own }: Circumstances): Signal | undefined {
    if (!own) return undefined
    const usual = this.#ownUsual.get(own.width) ?? new Usual()
    this.#ownUsual.set(own.width, usual)
    const times = usual.times(own.msPerMib)
    if (this.#streak('own', times > muchSlower.raised) < 2) {
      usual.learn(own.msPerMib, times > muchSlower.raised ? 0 : 1 / 8)
      return undefined
    }
    // What stays becomes usual at last.
    usual.learn(own.msPerMib, 1 / 16)
    const what = this.#side === 'source' ? 'our searches on the source' : 'our bulk requests to the target'
    return graded(times, muchSlower, `${what} take ${times.toFixed(1)} times as long as usual`)
  }

  /** Judgements in a row in which it was so. */
  #streak(what: string, isSo: boolean): number {
    const streak = isSo ? (this.#streaks.get(what) ?? 0) + 1 : 0
    this.#streaks.set(what, streak)
    return streak
  }
}

function load({ node }: NodeChange, at: string, maxLoad: number): Signal | undefined {
  const { loadPerProcessor = 0 } = node
  if (maxLoad === 0 || loadPerProcessor <= nearMaxLoad * maxLoad) return undefined
  const reason = `${at} has a load of ${loadPerProcessor.toFixed(1)} per processor, of ${maxLoad} that it may have`
  return { level: loadPerProcessor > maxLoad ? 'high' : 'raised', reason }
}

function graded(times: number, bounds: { readonly raised: number; readonly high: number }, reason: string): Signal | undefined {
  if (times <= bounds.raised) return undefined
  return { level: times > bounds.high ? 'high' : 'raised', reason }
}
