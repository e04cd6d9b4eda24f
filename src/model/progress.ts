import type { Counts } from './documents.ts'
import type { PausedBy } from './ports.ts'

export type Phase =
  | 'planning'
  | 'creating'
  | 'tuning'
  | 'copying'
  | 'catching-up'
  | 'carrying-deletes'
  | 'following'
  | 'cutting-over'
  | 'following-back'
  | 'rolling-back'
  | 'restoring'
  | 'switching-aliases'
  | 'counting'
  | ComparePhase
  | 'done'

/** Of `shardferry verify`. */
export type ComparePhase = 'comparing' | 'naming' | 'looking-again' | 'repairing'

/** How a running migration stands at one moment; the same value feeds the terminal view, plain lines, `--json` and `status`. */
export interface Progress {
  readonly name: string
  readonly source: string
  readonly target: string
  readonly phase: Phase
  readonly round: number
  readonly atMs: number
  /** Time this run has been active. */
  readonly elapsedMs: number
  readonly total: IndexProgress
  readonly indices: readonly IndexProgress[]
  /** Over the last ten seconds or so. */
  readonly docsPerSecond: number
  readonly bytesPerSecond: number
  /** Null until a rate is known. */
  readonly etaMs: number | null
  /** Bulk requests that may be under way at once, and why it is not the full width, or paused ('' when it is the full one). */
  readonly width: number
  readonly maxWidth: number
  readonly throttleReason: string
  readonly paused: boolean
  /** Null where it is not paused. */
  readonly pausedBy: PausedBy | null
  readonly retries: number
  /** Operations on the target that others made since applications have left it, at most; missing where they never used it. */
  readonly strays?: number
  readonly partitionsDone: number
  readonly partitionsKnown: number
  readonly partitionsRedone: number
}

export interface IndexProgress {
  readonly index: string
  readonly target: string
  readonly state: 'waiting' | 'copying' | 'copied' | 'catching-up' | 'following' | 'comparing' | 'done'
  readonly expectedDocs: number
  readonly expectedBytes: number
  readonly counts: Counts
  readonly docsPerSecond: number
  /** As if the others stood still; null until a rate is known. */
  readonly etaMs: number | null
  /** Null unless the source is followed. */
  readonly lag: Lag | null
}

/** In milliseconds; null where no rate is known. */
export function timeLeft(docs: number, docsPerSecond: number): number | null {
  return docsPerSecond > 0 ? Math.round((1000 * Math.max(0, docs)) / docsPerSecond) : null
}

/** What the source has and the target has not. */
export interface Lag {
  readonly operations: number
  /** Age of the oldest of them, at most; null until that is known. */
  readonly seconds: number | null
}
