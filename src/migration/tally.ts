import type { WriteResult } from '../model/documents.ts'
import { addCounts, noCounts } from '../model/documents.ts'
import type { Counts, Partition } from '../model/documents.ts'
import { movedTasks } from '../model/plan.ts'
import type { Plan } from '../model/plan.ts'
import type { Meter, Throttler, World } from '../model/ports.ts'
import { timeLeft } from '../model/progress.ts'
import type { IndexProgress, Phase, Progress } from '../model/progress.ts'
import type { MigrationState, RoundState } from '../journal/fold.ts'
import { addLags, LagMeter } from './lag.ts'
import { Strays } from './strays.ts'

interface Sample {
  readonly atMs: number
  readonly docs: number
  readonly bytes: number
}

/** Rates are means over this long. */
const windowMs = 10_000

/** Counts what moves while it moves, for the eye. What earlier runs settled is counted from the journal. */
export class Tally implements Meter {
  phase: Phase = 'planning'
  readonly lag = new LagMeter()
  readonly strays = new Strays()
  #retries = 0
  #redone = 0
  readonly #plan: Plan
  readonly #world: World
  readonly #startMs: number
  readonly #byIndex = new Map<string, Counts>()
  readonly #samples = new Map<string, Sample[]>()
  readonly #throttler: Throttler

  constructor(plan: Plan, state: MigrationState, throttler: Throttler, world: World) {
    this.#plan = plan
    this.#world = world
    this.#throttler = throttler
    this.#startMs = world.now()
    for (const [index, { rounds }] of state.indices) {
      let sum = noCounts
      for (const round of rounds) for (const settled of round.settled.values()) sum = addCounts(sum, settled.counts)
      this.#byIndex.set(index, sum)
    }
  }

  read(index: string, docs: number, bytes: number): void {
    this.#add(index, { ...noCounts, read: docs, bytes })
  }

  wrote(index: string, result: WriteResult): void {
    this.#add(index, {
      ...noCounts,
      written: result.written,
      alreadyNewer: result.alreadyNewer,
      setAside: result.rejected.length,
      filtered: result.filtered ?? 0,
    })
  }

  retried(_what: string): void {
    this.#retries++
  }

  redone(index: string, read: Counts): void {
    this.#redone++
    this.#add(index, {
      read: -read.read,
      written: -read.written,
      alreadyNewer: -read.alreadyNewer,
      setAside: -read.setAside,
      filtered: -read.filtered,
      bytes: -read.bytes,
    })
  }

  #add(index: string, counts: Counts): void {
    this.#byIndex.set(index, addCounts(this.#byIndex.get(index) ?? noCounts, counts))
  }

  /** How it stands now. Called about as often as it is drawn: rates are made from the distance between calls. */
  snapshot(state: MigrationState): Progress {
    const nowMs = this.#world.now()
    const tasks = movedTasks(state.plan ?? this.#plan)
    let partitionsDone = 0
    let partitionsKnown = 0
    let round = 0
    const indices = tasks.map((task): IndexProgress => {
      const counts = this.#byIndex.get(task.source) ?? noCounts
      const rounds = state.indices.get(task.source)?.rounds ?? []
      for (const one of rounds) {
        partitionsKnown += one.partitions.length
        partitionsDone += one.settled.size
        round = Math.max(round, one.round)
      }
      const counted = rounds.reduce(
        (sum, one) => sum + one.partitions.reduce((docs, partition) => docs + expected(one, partition), 0),
        0,
      )
      const expectedDocs = Math.max(rounds.length > 0 ? counted : task.estimate.docs, counts.read)
      const docBytes =
        counts.read > 0 ? counts.bytes / counts.read : task.estimate.docs > 0 ? task.estimate.bytes / task.estimate.docs : 0
      const docsPerSecond = this.#rate(task.source, settledDocs(counts), counts.bytes, nowMs).docs
      return {
        index: task.source,
        target: task.target,
        state: stateOf(rounds, this.phase),
        expectedDocs,
        expectedBytes: Math.round(expectedDocs * docBytes),
        counts,
        docsPerSecond,
        etaMs: timeLeft(expectedDocs - settledDocs(counts), docsPerSecond),
        lag: this.lag.of(task.source, rounds.findLast(one => one.closed)?.shards, nowMs) ?? null,
      }
    })
    const counts = indices.reduce((sum, one) => addCounts(sum, one.counts), noCounts)
    const expectedDocs = indices.reduce((sum, one) => sum + one.expectedDocs, 0)
    const done = this.phase === 'done'
    const rate = done ? meanRate(counts, nowMs - this.#startMs) : this.#rate('', settledDocs(counts), counts.bytes, nowMs)
    const eta = done || this.phase.startsWith('following') ? null : timeLeft(expectedDocs - settledDocs(counts), rate.docs)
    return {
      name: this.#plan.name,
      source: this.#plan.source.address,
      target: this.#plan.target.address,
      phase: this.phase,
      round,
      atMs: nowMs,
      elapsedMs: nowMs - this.#startMs,
      total: {
        index: '',
        target: '',
        state: this.phase === 'done' ? 'done' : 'copying',
        expectedDocs,
        expectedBytes: indices.reduce((sum, one) => sum + one.expectedBytes, 0),
        counts,
        docsPerSecond: rate.docs,
        etaMs: eta,
        lag: addLags(indices.map(({ lag }) => lag)),
      },
      indices,
      docsPerSecond: rate.docs,
      bytesPerSecond: rate.bytes,
      etaMs: eta,
      width: this.#throttler.width,
      maxWidth: this.#throttler.maxWidth,
      throttleReason: this.#throttler.reason,
      paused: this.#throttler.paused,
      pausedBy: this.#throttler.pausedBy ?? null,
      retries: this.#retries,
      ...(this.strays.total === undefined ? {} : { strays: this.strays.total }),
      partitionsDone,
      partitionsKnown,
      partitionsRedone: this.#redone,
    }
  }

  #rate(key: string, docs: number, bytes: number, nowMs: number): { docs: number; bytes: number } {
    const samples = this.#samples.get(key) ?? []
    this.#samples.set(key, samples)
    samples.push({ atMs: nowMs, docs, bytes })
    while (samples.length > 2 && nowMs - samples[0]!.atMs > windowMs) samples.shift()
    const first = samples[0]!
    const seconds = (nowMs - first.atMs) / 1000
    if (seconds <= 0) return { docs: 0, bytes: 0 }
    return { docs: Math.max(0, (docs - first.docs) / seconds), bytes: Math.max(0, (bytes - first.bytes) / seconds) }
  }
}

/** What a partition held where that is known, and otherwise what was counted when it was cut. */
function expected(round: RoundState, partition: Partition): number {
  return round.settled.get(partition.id)?.counts.read ?? partition.estimatedDocs
}

function meanRate(counts: Counts, elapsedMs: number): { docs: number; bytes: number } {
  const seconds = Math.max(elapsedMs, 1) / 1000
  return { docs: settledDocs(counts) / seconds, bytes: counts.bytes / seconds }
}

/** Documents whose fate is known. */
function settledDocs(counts: Counts): number {
  return counts.written + counts.alreadyNewer + counts.setAside + counts.filtered
}

function stateOf(rounds: readonly { readonly closed: boolean; readonly round: number }[], phase: Phase): IndexProgress['state'] {
  if (phase === 'done') return 'done'
  const last = rounds.at(-1)
  if (!last) return 'waiting'
  const follows = phase === 'following' || phase === 'following-back'
  if (follows && last.round > 0) return 'following'
  if (!last.closed) return last.round === 0 ? 'copying' : 'catching-up'
  if (follows) return 'following'
  return 'copied'
}
