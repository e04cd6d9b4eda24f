import type { Partition, Settled } from './documents.ts'
import type { Change, Json, Plan } from './plan.ts'
import type { Report } from './report.ts'

/** One line of a migration's journal: the only durable memory. The state of a migration is a fold over its entries. */
export type Entry =
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'started'; readonly holder: Holder }
  | { readonly type: 'captured'; readonly step: string; readonly saved: Json }
  | { readonly type: 'applied'; readonly step: string }
  | { readonly type: 'undone'; readonly step: string }
  | { readonly type: 'created'; readonly index: string; readonly target: string; readonly uuid: string }
  | { readonly type: 'changed'; readonly index: string; readonly change: Change }
  | RoundOpened
  /** The target runs a `_reindex` task for a partition; a later run goes on watching it. */
  | { readonly type: 'submitted'; readonly index: string; readonly partition: string; readonly task: string }
  | { readonly type: 'settled'; readonly settled: Settled }
  | { readonly type: 'round-closed'; readonly index: string; readonly round: number }
  | {
      readonly type: 'retried'
      readonly partition: string
      readonly index: string
      readonly written: number
      readonly alreadyNewer: number
      readonly remaining: number
    }
  | { readonly type: 'asked'; readonly ask: Ask }
  | { readonly type: 'stopped'; readonly reason: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hint: string | undefined }
  | { readonly type: 'finished'; readonly report: Report }
  | { readonly type: 'completed' }

/** Everything in an index up to one checkpoint per shard, and the partitions it is cut into. */
export interface RoundOpened {
  readonly type: 'round-opened'
  readonly index: string
  readonly round: number
  readonly shards: readonly ShardMark[]
  readonly partitions: readonly Partition[]
}

/** Where one shard stood when a round was opened. */
export interface ShardMark {
  readonly shard: number
  /** The primary's global checkpoint: the round covers every operation up to and including it; -1 for an empty shard. */
  readonly upTo: number
  /**
   * The highest number given out. Above `upTo` are operations that are not safe yet: in flight, or, with an asynchronous
   * translog, not on disk for some seconds.
   */
  readonly maxSeqNo: number
  /** Changes when sequence numbers lose their meaning: a restore, or a stale primary that was forced. */
  readonly historyUuid: string
  /** Deletes the primary has executed so far; resets when the shard moves. */
  readonly deletes: number
}

/** What a person asks of a running migration from another terminal. */
export type Ask =
  | { readonly what: 'pause'; readonly reason: string }
  | { readonly what: 'resume' }
  | { readonly what: 'throttle'; readonly width?: number; readonly docsPerSecond?: number }
  | { readonly what: 'cancel' }

export interface Holder {
  readonly pid: number
  readonly host: string
  readonly version: string
}

/** An entry as it is stored: numbered without gaps, stamped with milliseconds since the epoch. */
export interface StoredEntry {
  readonly number: number
  readonly atMs: number
  readonly entry: Entry
}
