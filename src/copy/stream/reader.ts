/**
 * Invariant: `read` ends without an error only when every document that matched when the partition's search was opened
 * has been yielded once. Pages are counted against the total the server named, so a page that a proxy, a retry or a
 * lost scroll swallowed is found, and the partition is read again from its start.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { count, indexUuid, primaryMarks, refresh } from '../../cluster/shards.ts'
import type { Batch, Partition } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Reader } from '../../model/ports.ts'
import { cutRange, describeRange } from '../cut-range.ts'
import { PageSizes } from './page-size.ts'
import { readCarefully } from './read-carefully.ts'
import { readThrough } from './read-through.ts'
import { rangeQuery, shardPreference } from './search-body.ts'

export interface StreamReaderOptions {
  /** Live documents in a partition, at most about. */
  readonly partitionDocs: number
  /** Bytes of `_source` in a partition, at most about. */
  readonly partitionBytes: number
  readonly pageBytes: number
}

/** Reads an index by searches in `_doc` order: one shard's range of sequence numbers, or one slice, at a time. */
export function streamReader(source: Cluster, options: StreamReaderOptions): Reader {
  const sizes = new PageSizes(options.pageBytes)
  const careful = new Set<string>()
  return {
    marks: async (task, signal) => {
      await requireSameIndex(source, task, signal)
      if (task.read.by === 'slices') return []
      // First the checkpoint, then the refresh: what is at or below the checkpoint is in the index before the refresh begins.
      const marks = await primaryMarks(source, task.source, task.shards, signal)
      await refresh(source, task.source, signal)
      return marks
    },
    partitions: (task, round, since, marks, signal) =>
      task.read.by === 'slices'
        ? slicePartitions(source, task, round, options, signal)
        : seqNoPartitions(source, task, round, since, marks, options, signal),
    read: (task, partition, signal) => read(source, task, partition, sizes, careful, signal),
  }
}

/** Straight through; and once that has failed for what a page held, in pieces. A new process finds out anew. */
async function* read(
  source: Cluster,
  task: IndexTask,
  partition: Partition,
  sizes: PageSizes,
  careful: Set<string>,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const pageDocs = sizes.of(task)
  try {
    const reading = careful.has(partition.id)
      ? readCarefully(source, task, partition, sizes, signal)
      : readThrough(source, task, partition, sizes, pageDocs, signal)
    const { read: found, total } = yield* reading
    if (total !== undefined && found !== total) {
      careful.add(partition.id)
      throw missingDocuments(partition, found, total)
    }
    careful.delete(partition.id)
  } catch (thrown) {
    const trouble = troubleOf(thrown)
    if (trouble === 'size' && pageDocs > 1) sizes.shrink(task, pageDocs)
    // A slice cannot be cut; pages that shrink get there too.
    if (trouble === 'content' || (trouble === 'size' && partition.range.by === 'seq-no')) careful.add(partition.id)
    throw thrown
  }
}

/** `size`: a page too heavy for the server's breaker or for our memory. `content`: one that cannot be read, and could not again. */
function troubleOf(thrown: unknown): 'size' | 'content' | undefined {
  if (!(thrown instanceof ShardferryError)) return undefined
  if (thrown.code === 'page-too-large' || thrown.serverType === 'circuit_breaking_exception') return 'size'
  return thrown.code === 'response-unreadable' ? 'content' : undefined
}

/** Swallowed by a proxy, a retry, a lost scroll; or by a comment at the end of the document before. */
function missingDocuments(partition: Partition, read: number, total: number): ShardferryError {
  return new ShardferryError('response-partial', `Partition ${partition.id} gave ${read} of ${total} documents.`, {
    recovery: 'redo',
    hint: 'It is read again.',
  })
}

async function requireSameIndex(source: Cluster, task: IndexTask, signal: AbortSignal): Promise<void> {
  const uuid = await indexUuid(source, task.source, signal)
  if (uuid === task.uuid) return
  throw new ShardferryError(
    'lineage-changed',
    `${task.source} on the source is not the index that was planned: it was ${uuid === undefined ? 'deleted' : 'deleted and created anew'} since.`,
    {
      hint: 'Make a new plan under another name (--name), and remove or rename the half-filled target index first.',
    },
  )
}

async function seqNoPartitions(
  source: Cluster,
  task: IndexTask,
  round: number,
  since: readonly ShardMark[] | undefined,
  marks: readonly ShardMark[],
  options: StreamReaderOptions,
  signal: AbortSignal,
): Promise<Partition[]> {
  const docBytes = task.estimate.docs > 0 ? task.estimate.bytes / task.estimate.docs : 0
  const limit = Math.max(
    1,
    Math.min(options.partitionDocs, docBytes > 0 ? Math.floor(options.partitionBytes / docBytes) : options.partitionDocs),
  )
  const partitions: Partition[] = []
  for (const mark of marks) {
    const from = (since?.find(earlier => earlier.shard === mark.shard)?.upTo ?? -1) + 1
    if (mark.upTo < from) continue
    const counted = (low: number, high: number): Promise<number> =>
      count(
        source,
        task.source,
        rangeQuery(task, low, high),
        { shards: 1, preference: shardPreference(task, mark.shard) },
        signal,
      )
    const whole = { from, to: mark.upTo, docs: await counted(from, mark.upTo) }
    for (const piece of await cutRange(whole, limit, counted)) {
      const range = { by: 'seq-no', shard: mark.shard, from: piece.from, to: piece.to } as const
      partitions.push({
        id: `${task.source}.r${round}.${describeRange(range)}`,
        index: task.source,
        round,
        range,
        estimatedDocs: piece.docs,
      })
    }
  }
  return partitions
}

async function slicePartitions(
  source: Cluster,
  task: IndexTask,
  round: number,
  options: StreamReaderOptions,
  signal: AbortSignal,
): Promise<Partition[]> {
  await refresh(source, task.source, signal).catch((thrown: unknown) => {
    if (!(thrown instanceof ShardferryError && thrown.code === 'forbidden')) throw thrown
  })
  const docs = await count(source, task.source, task.query ?? { match_all: {} }, { shards: task.shards }, signal)
  if (docs === 0) return []
  const of = task.read.slices ?? Math.max(1, Math.min(64, Math.ceil(docs / options.partitionDocs)))
  return Array.from({ length: of }, (_, slice) => ({
    id: `${task.source}.r${round}.slice${slice}of${of}`,
    index: task.source,
    round,
    range: { by: 'slice', slice, of } as const,
    estimatedDocs: Math.ceil(docs / of),
  }))
}
