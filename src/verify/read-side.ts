import { noCounts } from '../model/documents.ts'
import type { Doc, Partition, Settled } from '../model/documents.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Dispatcher, Reader, Work, World } from '../model/ports.ts'
import type { Buckets } from './buckets.ts'
import type { Digester } from './digest.ts'

/** What runs a partition, from its start to its end. */
export type Move = (work: Work, attempt: number, signal: AbortSignal) => Promise<Settled>

/** Makes what decides which partitions run, when again, and how many at once. */
export type MakeDispatcher = (move: Move) => Dispatcher

/** Counts what is read, for the eye only. */
export interface ReadMeter {
  read(index: string, docs: number, bytes: number): void
  redone(index: string, docs: number, bytes: number): void
}

export interface ReadParts {
  readonly dispatch: MakeDispatcher
  readonly meter: ReadMeter
  readonly world: World
}

/**
 * Reads partitions of one side, some at once and each to its end, and hands every document on. Settled ones come in any order.
 * @param name what the meter knows the index by
 */
export async function* readPartitions(
  name: string,
  task: IndexTask,
  reader: Reader,
  partitions: readonly Partition[],
  each: (partition: Partition) => (doc: Doc) => void,
  parts: ReadParts,
  signal: AbortSignal,
): AsyncIterable<Settled> {
  const move: Move = async (work, attempt, moving) => {
    const startMs = parts.world.now()
    const take = each(work.partition)
    let read = 0
    let bytes = 0
    try {
      for await (const batch of reader.read(work.task, work.partition, moving)) {
        for (const doc of batch.docs) take(doc)
        read += batch.docs.length
        bytes += batch.bytes
        parts.meter.read(name, batch.docs.length, batch.bytes)
        batch.release()
      }
    } catch (thrown) {
      parts.meter.redone(name, read, bytes)
      throw thrown
    }
    return {
      partition: work.partition.id,
      index: work.task.source,
      round: work.partition.round,
      counts: { ...noCounts, read, bytes },
      attempts: attempt,
      tookMs: parts.world.now() - startMs,
    }
  }
  yield* parts.dispatch(move).run(() => workOf(task, partitions), signal)
}

async function* workOf(task: IndexTask, partitions: readonly Partition[]): AsyncIterable<Work> {
  for (const partition of partitions) yield { task, partition }
}

/** Adds up documents as a digester makes their hashes. */
export function adding(digester: Digester, sums: Buckets): (doc: Doc) => void {
  return doc => {
    digester.take(doc)
    sums.add(digester.bucket, digester.high, digester.low)
  }
}
