import { noCounts } from '../model/documents.ts'
import type { IndexTask, Plan } from '../model/plan.ts'
import type { World } from '../model/ports.ts'
import { timeLeft } from '../model/progress.ts'
import type { IndexProgress, Phase, Progress } from '../model/progress.ts'
import type { CompareMeter } from './compare-index.ts'

interface Standing {
  state: IndexProgress['state']
  expected: number
  read: number
  bytes: number
}

/** Rates are means over this long. */
const windowMs = 10_000

/** Counts what is compared while it is compared: documents of both sides together. */
export class CompareTally implements CompareMeter {
  phase: Phase = 'planning'
  #retries = 0
  #redone = 0
  readonly #plan: Plan
  readonly #tasks: readonly IndexTask[]
  readonly #readers: number
  readonly #world: World
  readonly #startMs: number
  readonly #standing = new Map<string, Standing>()
  readonly #samples: { atMs: number; docs: number; bytes: number }[] = []
  /** Read by this run, in whatever stage. */
  #docs = 0
  #bytes = 0

  constructor(plan: Plan, tasks: readonly IndexTask[], readers: number, world: World) {
    this.#plan = plan
    this.#tasks = tasks
    this.#readers = readers
    this.#world = world
    this.#startMs = world.now()
    for (const { source, estimate } of tasks)
      this.#standing.set(source, { state: 'waiting', expected: 2 * estimate.docs, read: 0, bytes: 0 })
  }

  read(index: string, docs: number, bytes: number): void {
    this.#docs += docs
    this.#bytes += bytes
    const standing = this.#of(index)
    standing.read += docs
    standing.bytes += bytes
  }

  redone(index: string, docs: number, bytes: number): void {
    this.#redone++
    this.read(index, -docs, -bytes)
  }

  retried(_reason: string): void {
    this.#retries++
  }

  stage(index: string, stage: 'comparing' | 'naming' | 'looking-again'): void {
    this.phase = stage
    const standing = this.#of(index)
    standing.state = 'comparing'
    // Both sides are read once more.
    if (stage === 'naming') standing.read = 0
  }

  expect(index: string, docs: number, done: number): void {
    const standing = this.#of(index)
    standing.expected = docs
    standing.read = done
  }

  compared({ index, onSource, onTarget }: Parameters<CompareMeter['compared']>[0]): void {
    const standing = this.#of(index)
    standing.state = 'done'
    standing.expected = standing.read = onSource.docs + onTarget.docs
  }

  snapshot(): Progress {
    const nowMs = this.#world.now()
    const indices = this.#tasks.map(task => this.#progressOf(task))
    const [read, expected] = [sum(indices, one => one.counts.read), sum(indices, one => one.expectedDocs)]
    const rate = this.#rate(nowMs)
    const done = this.phase === 'done'
    const total = { read, expected, rate: rate.docs }
    const eta = done ? null : timeLeft(expected - read, rate.docs)
    return {
      name: this.#plan.name,
      source: this.#plan.source.address,
      target: this.#plan.target.address,
      phase: this.phase,
      round: 0,
      atMs: nowMs,
      elapsedMs: nowMs - this.#startMs,
      total: {
        index: '',
        target: '',
        state: done ? 'done' : 'comparing',
        expectedDocs: total.expected,
        expectedBytes: sum(indices, one => one.expectedBytes),
        counts: { ...noCounts, read, bytes: sum(indices, one => one.counts.bytes) },
        docsPerSecond: total.rate,
        etaMs: eta,
        lag: null,
      },
      indices,
      docsPerSecond: rate.docs,
      bytesPerSecond: rate.bytes,
      etaMs: eta,
      width: this.#readers,
      maxWidth: this.#readers,
      throttleReason: '',
      paused: false,
      pausedBy: null,
      retries: this.#retries,
      partitionsDone: 0,
      partitionsKnown: 0,
      partitionsRedone: this.#redone,
    }
  }

  #progressOf({ source, target, estimate }: IndexTask): IndexProgress {
    const { state, expected, read, bytes } = this.#of(source)
    const docBytes = estimate.docs > 0 ? estimate.bytes / estimate.docs : 0
    const docsPerSecond = state === 'comparing' ? this.#rateNow : 0
    return {
      index: source,
      target,
      state,
      expectedDocs: expected,
      expectedBytes: Math.round(expected * docBytes),
      counts: { ...noCounts, read, bytes },
      docsPerSecond,
      etaMs: timeLeft(expected - read, docsPerSecond),
      lag: null,
    }
  }

  get #rateNow(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    const seconds = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000
    return seconds > 0 ? Math.max(0, ((last?.docs ?? 0) - (first?.docs ?? 0)) / seconds) : 0
  }

  #rate(nowMs: number): { docs: number; bytes: number } {
    if (this.phase === 'done') {
      const seconds = Math.max(1, nowMs - this.#startMs) / 1000
      return { docs: this.#docs / seconds, bytes: this.#bytes / seconds }
    }
    const samples = this.#samples
    samples.push({ atMs: nowMs, docs: this.#docs, bytes: this.#bytes })
    while (samples.length > 2 && nowMs - samples[0]!.atMs > windowMs) samples.shift()
    const first = samples[0]!
    const seconds = (nowMs - first.atMs) / 1000
    return { docs: this.#rateNow, bytes: seconds > 0 ? Math.max(0, (this.#bytes - first.bytes) / seconds) : 0 }
  }

  #of(index: string): Standing {
    const known = this.#standing.get(index)
    if (known) return known
    const fresh: Standing = { state: 'waiting', expected: 0, read: 0, bytes: 0 }
    this.#standing.set(index, fresh)
    return fresh
  }
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}
