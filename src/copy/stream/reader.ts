/**
 * Invariant: `read` ends without an error only when every document that matched when the partition's search was opened
 * has been yielded once. Pages are counted against the total the server named, so a page that a proxy, a retry or a
 * lost scroll swallowed is found, and the partition is read again from its start.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { ifAllowed } from '../../cluster/if-allowed.ts'
import { primaryCopies } from '../../cluster/primaries.ts'
import { count, indexUuid, refresh, standing } from '../../cluster/shards.ts'
import type { Batch, Partition, SeqNoRange } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Reader, Since } from '../../model/ports.ts'
import { cutRange, describeRange, docsInPartition } from '../cut-range.ts'
import type { PartitionSize } from '../cut-range.ts'
import { partitionQuery } from '../partition-query.ts'
import { refreshedCopies } from './copies.ts'
import type { Copies } from './copies.ts'
import { PageSizes } from './page-size.ts'
import { readCarefully } from './read-carefully.ts'
import { readThrough } from './read-through.ts'
import type { ReadParts } from './read-through.ts'

export interface StreamReaderOptions extends PartitionSize {
  readonly pageBytes: number
  /** Leaves the documents themselves out: their sources are empty. */
  readonly idsOnly?: boolean
}

/** Reads an index by searches in `_doc` order: one shard's range of sequence numbers, or one slice, at a time. */
export function streamReader(source: Cluster, options: StreamReaderOptions, copies = refreshedCopies(source)): Reader {
  const parts = { source, copies, sizes: new PageSizes(options.pageBytes) }
  const careful = new Set<string>()
  const asRead = (task: IndexTask): IndexTask => (options.idsOnly ? { ...task, read: { ...task.read, idsOnly: true } } : task)
  return {
    marks: async (task, signal) => {
      await requireSameIndex(source, task, signal)
      return task.read.by === 'seq-no' ? await copies.look(task, signal) : await operationMarks(source, task, signal)
    },
    partitions: (task, round, since, marks, signal) =>
      task.read.by === 'seq-no'
        ? seqNoPartitions(source, copies, task, round, since, marks, options, signal)
        : slicePartitions(source, task, round, options, signal),
    read: (task, partition, signal) => read(parts, asRead(task), partition, careful, signal),
  }
}

/** Straight through; and once that has failed for what a page held, in pieces. A new process finds out anew. */
async function* read(
  parts: ReadParts,
  task: IndexTask,
  partition: Partition,
  careful: Set<string>,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const pageDocs = parts.sizes.of(task)
  try {
    const reading = careful.has(partition.id)
      ? readCarefully(parts, task, partition, signal)
      : readThrough(parts, task, partition, pageDocs, signal)
    const { read: found, total } = yield* reading
    if (total !== undefined && found !== total) {
      careful.add(partition.id)
      throw missingDocuments(partition, found, total)
    }
    careful.delete(partition.id)
  } catch (thrown) {
    const trouble = troubleOf(thrown)
    if (trouble === 'size' && pageDocs > 1) parts.sizes.shrink(task, pageDocs)
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

/** How many operations the primaries have seen, where the user may know: slices have no other way to tell that nothing came. */
async function operationMarks(source: Cluster, task: IndexTask, signal: AbortSignal): Promise<readonly ShardMark[]> {
  const stands = await ifAllowed(standing(source, task.source, task.shards, primaryCopies, signal))
  return (stands?.marks ?? []).map(mark => ({ ...mark, upTo: -1 }))
}

async function seqNoPartitions(
  source: Cluster,
  copies: Copies,
  task: IndexTask,
  round: number,
  since: Since | undefined,
  marks: readonly ShardMark[],
  options: StreamReaderOptions,
  signal: AbortSignal,
): Promise<Partition[]> {
  const limit = docsInPartition(task, options)
  const partitions: Partition[] = []
  for (const { shard, from, to } of due(since, marks)) {
    const counted = (low: number, high: number): Promise<number> => {
      const query = partitionQuery(task, { by: 'seq-no', shard, from: low, to: high })
      return copies.reach(task, shard, preference => count(source, task.source, query, { shards: 1, preference }, signal), signal)
    }
    const whole = { from, to, docs: await counted(from, to) }
    for (const piece of await cutRange(whole, limit, counted)) {
      const range = { by: 'seq-no', shard, from: piece.from, to: piece.to } as const
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

/** What is new, and what is to be read again: disjoint, as the latter lies at or below the earlier marks. */
function due(since: Since | undefined, marks: readonly ShardMark[]): readonly SeqNoRange[] {
  const fresh = marks.flatMap(({ shard, upTo }): SeqNoRange[] => {
    const from = (since?.shards.find(earlier => earlier.shard === shard)?.upTo ?? -1) + 1
    return from > upTo ? [] : [{ by: 'seq-no', shard, from, to: upTo }]
  })
  return [...(since?.again ?? []), ...fresh]
}

async function slicePartitions(
  source: Cluster,
  task: IndexTask,
  round: number,
  options: StreamReaderOptions,
  signal: AbortSignal,
): Promise<Partition[]> {
  await ifAllowed(refresh(source, task.source, signal))
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
