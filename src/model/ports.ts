import type { AnyCrashPoint } from './crash-points.ts'
import type { Batch, Counts, Doc, Partition, Rejected, SeqNoRange, Settled, WriteResult } from './documents.ts'
import type { Ask, Entry, ShardMark, StoredEntry } from './entries.ts'
import type { IndexTask, Json } from './plan.ts'

/** Reads an index. Every partition may be read at any time, by anyone, again and again. */
export interface Reader {
  /** Where each shard stands now, after a refresh: everything up to `upTo` is visible to searches that start later. */
  marks(task: IndexTask, signal: AbortSignal): Promise<readonly ShardMark[]>
  /** Cuts what lies after `since` and up to `marks`, and what is to be read again. Where `since` is undefined: from the beginning. */
  partitions(
    task: IndexTask,
    round: number,
    since: Since | undefined,
    marks: readonly ShardMark[],
    signal: AbortSignal,
  ): Promise<readonly Partition[]>
  /**
   * Yields every live document of the partition exactly once, or throws: an end without an error is a promise that nothing is missing.
   * @throws ShardferryError with recovery `redo` when the partition must be read from its start
   */
  read(task: IndexTask, partition: Partition, signal: AbortSignal): AsyncIterable<Batch>
}

/** What earlier rounds have covered: up to one mark per shard, but for some ranges. */
export interface Since {
  readonly shards: readonly ShardMark[]
  readonly again: readonly SeqNoRange[]
}

/** Writes batches to the target index of a task. */
export interface Writer {
  write(task: IndexTask, batch: Batch, signal: AbortSignal): Promise<WriteResult>
}

/** Keeps documents that the target refuses. What an attempt kept counts only once `commit` has returned; a new attempt starts empty. */
export interface SetAside {
  begin(task: IndexTask, partition: Partition): SetAsideAttempt
}
export interface SetAsideAttempt {
  keep(rejected: readonly Rejected[]): void
  commit(): void
  discard(): void
}

/**
 * Lists what was copied, so that it can be told later what of it the source no longer has: what the last attempt read, and
 * what earlier ones may have written.
 */
export interface Manifests {
  /** Undefined for a partition that is not listed. */
  begin(task: IndexTask, partition: Partition): ManifestAttempt | undefined
}
export interface ManifestAttempt {
  /** Before they are sent: what an attempt that fails has listed is still looked at. */
  list(docs: readonly Doc[]): void
  refuse(rejected: readonly Rejected[]): void
  /** On disk when it returns. Gives how many documents are listed. */
  commit(): number
  discard(): void
}

/**
 * Moves a partition: what a dispatcher calls. Settles only when every document is written, already newer, set aside or
 * filtered; on an error nothing counts, and the partition is moved again from its start.
 */
export interface Engine {
  copy(task: IndexTask, partition: Partition, attempt: number, signal: AbortSignal): Promise<Settled>
}

/** Which task of the target moves a partition: remembered over a crash until the partition is settled. */
export interface TaskMemory {
  taskOf(partition: string): string | undefined
  remember(partition: Partition, task: string): void
}

/** Decides who runs which partition, when again, and how many at once. Settled partitions come in any order. */
export interface Dispatcher {
  /** @param work is stopped by the signal that it is given: also when a partition fails for good */
  run(work: (signal: AbortSignal) => AsyncIterable<Work>, signal: AbortSignal): AsyncIterable<Settled>
}
export interface Work {
  readonly task: IndexTask
  readonly partition: Partition
}

/** One change to a cluster that can be told beforehand and undone. Captured before it is applied; apply and undo may run twice. */
export interface Step<Saved extends Json = Json> {
  readonly id: string
  describe(): string
  capture(signal: AbortSignal): Promise<Saved>
  apply(signal: AbortSignal): Promise<void>
  undo(saved: Saved, signal: AbortSignal): Promise<void>
}

/** The only durable memory of a migration. An entry is on disk when `append` returns. */
export interface Journal {
  append(entry: Entry): void
  /** Entries with a number above `after`, in order. */
  entries(after?: number): Iterable<StoredEntry>
}

/** Bounds the bulk requests under way job-wide. */
export interface Throttler {
  readonly width: number
  readonly maxWidth: number
  /** Why the width is not the full one, or nothing is moved at all; '' when it is the full one. */
  readonly reason: string
  /** Nothing is moved. */
  readonly paused: boolean
  readonly pausedBy: PausedBy | undefined
  /** Documents, and bytes of them, written per second at most; 0: no limit. */
  readonly docsPerSecond: number
  readonly bytesPerSecond: number
  /** Waits for a place; the returned function gives it back. */
  enter(docs: number, bytes: number, signal: AbortSignal): Promise<() => void>
  observe(outcome: 'accepted' | 'rejected', reason?: string): void
  obey(ask: Ask): void
  /**
   * Until disposed, only the target's own answers and a `pause` slow the job down, no limit, pressure, window or pause file:
   * for the moments in which writers wait for it.
   */
  hurry(): Disposable
}

/** Who lets a job rest: somebody who asked for it, the file that is there, or the time of day. */
export type PausedBy = 'asked' | 'file' | 'window'

/** Counts what moves, for the eye only: the account is made from settled partitions. */
export interface Meter {
  read(index: string, docs: number, bytes: number): void
  wrote(index: string, result: WriteResult): void
  retried(what: string): void
  /** A partition starts again: what its failed attempt counted is taken back. */
  redone(index: string, counts: Counts): void
}

/** What comes from outside: time and chance. */
export interface World {
  now(): number
  /** Of the day, as the machine's clock and time zone tell it. */
  minuteOfDay(): number
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** A named place where a crash is survived: does nothing, except where a test ends the process there. */
  reached(point: AnyCrashPoint): void
}
