/**
 * Invariant: `read` ends without an error only when every document that matched when the partition's search was opened
 * has been yielded once. Pages are counted against the total the server named, so a page that a proxy, a retry or a
 * lost scroll swallowed is found, and the partition is read again from its start.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { oneLine } from '../../cluster/one-line.ts'
import type { Hit } from '../../cluster/scan-page.ts'
import { closeScroll, firstPage, nextPage } from '../../cluster/scroll.ts'
import type { HeldPage } from '../../cluster/scroll.ts'
import { primaryCopies } from '../../cluster/primaries.ts'
import { count, indexUuid, refresh, standing } from '../../cluster/shards.ts'
import type { Batch, Doc, Partition, SeqNoRange } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask, JsonObject } from '../../model/plan.ts'
import type { Reader, Since } from '../../model/ports.ts'
import { atLeast } from '../../model/version.ts'
import { cutRange, describeRange } from '../cut-range.ts'
import { refreshedCopies } from './copies.ts'
import type { Copies } from './copies.ts'
import { PageSizes } from './page-size.ts'

export interface StreamReaderOptions {
  /** Live documents in a partition, at most about. */
  readonly partitionDocs: number
  /** Bytes of `_source` in a partition, at most about. */
  readonly partitionBytes: number
  readonly pageBytes: number
}

/** Longest pause between two pages: back-pressure and a `pause` shorter than this do not lose the scroll. */
const keepAlive = '5m'

/** Reads an index by searches in `_doc` order: one shard's range of sequence numbers, or one slice, at a time. */
export function streamReader(source: Cluster, options: StreamReaderOptions): Reader {
  const sizes = new PageSizes(options.pageBytes)
  const copies = refreshedCopies(source)
  return {
    marks: async (task, signal) => {
      await requireSameIndex(source, task, signal)
      return task.read.by === 'slices' ? await operationMarks(source, task, signal) : await copies.look(task, signal)
    },
    partitions: (task, round, since, marks, signal) =>
      task.read.by === 'slices'
        ? slicePartitions(source, task, round, options, signal)
        : seqNoPartitions(source, copies, task, round, since, marks, options, signal),
    read: (task, partition, signal) => readPartition(source, copies, task, partition, sizes, signal),
  }
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
  try {
    const { marks } = await standing(source, task.source, task.shards, primaryCopies, signal)
    return marks.map(mark => ({ ...mark, upTo: -1 }))
  } catch (thrown) {
    if (thrown instanceof ShardferryError && thrown.code === 'forbidden') return []
    throw thrown
  }
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
  const docBytes = task.estimate.docs > 0 ? task.estimate.bytes / task.estimate.docs : 0
  const limit = Math.max(
    1,
    Math.min(options.partitionDocs, docBytes > 0 ? Math.floor(options.partitionBytes / docBytes) : options.partitionDocs),
  )
  const partitions: Partition[] = []
  for (const { shard, from, to } of due(since, marks)) {
    const counted = (low: number, high: number): Promise<number> =>
      copies.reach(
        task,
        shard,
        preference => count(source, task.source, rangeQuery(task, low, high), { shards: 1, preference }, signal),
        signal,
      )
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

async function* readPartition(
  source: Cluster,
  copies: Copies,
  task: IndexTask,
  partition: Partition,
  sizes: PageSizes,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const pageDocs = sizes.of(task)
  const limits = { shards: partition.range.by === 'seq-no' ? 1 : 'some', maxBytes: sizes.ceiling(pageDocs) } as const
  // One page that holds everything needs no scroll, and leaves nothing on the source to clean up.
  const single = partition.range.by === 'seq-no' && partition.estimatedDocs <= pageDocs
  const body = searchBody(source, task, partition, pageDocs)
  const first = (keptAlive: string | undefined): Promise<HeldPage> => {
    const search = (preference?: string): Promise<HeldPage> =>
      firstPage(source, task.source, { body, preference, keepAlive: keptAlive }, limits, signal)
    return partition.range.by === 'seq-no' ? copies.reach(task, partition.range.shard, search, signal) : search()
  }
  let scrollId: string | undefined
  let read = 0
  try {
    let page = await first(single ? undefined : keepAlive)
    if (single && (page.total ?? 0) > pageDocs) {
      // More than were counted when the partition was cut.
      page.release()
      page = await first(keepAlive)
    }
    scrollId = page.scrollId
    const total = page.total
    while (page.hits.length > 0) {
      read += page.hits.length
      const batch = toBatch(task, page)
      sizes.learn(task, batch.docs.length, batch.bytes)
      yield batch
      if (read === total) break
      if (scrollId === undefined) break
      page = await nextPage(source, scrollId, keepAlive, limits, signal)
      scrollId = page.scrollId ?? scrollId
    }
    if (page.hits.length === 0) page.release()
    if (total !== undefined && read !== total) {
      throw new ShardferryError('response-partial', `Partition ${partition.id} gave ${read} of ${total} documents.`, {
        recovery: 'redo',
        hint: 'It is read again.',
      })
    }
  } catch (thrown) {
    throw readFailure(thrown, () => sizes.shrink(task, pageDocs), pageDocs)
  } finally {
    if (scrollId !== undefined) await closeScroll(source, scrollId)
  }
}

/** A page too heavy for the server's breaker or for our memory is asked for again in smaller pages. */
function readFailure(thrown: unknown, shrink: () => void, pageDocs: number): unknown {
  if (!(thrown instanceof ShardferryError)) return thrown
  const breaker = thrown.serverType === 'circuit_breaking_exception'
  if ((thrown.code === 'page-too-large' || breaker) && pageDocs > 1) shrink()
  return thrown
}

function searchBody(source: Cluster, task: IndexTask, partition: Partition, size: number): object {
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  const { range } = partition
  return {
    size,
    sort: ['_doc'],
    ...(modern ? { track_total_hits: true } : {}),
    ...(task.versionFrom === 'seq-no' ? { seq_no_primary_term: true } : { version: true }),
    query: range.by === 'seq-no' ? rangeQuery(task, range.from, range.to) : (task.query ?? { match_all: {} }),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}

function rangeQuery(task: IndexTask, from: number, to: number): JsonObject {
  const range: JsonObject = { range: { _seq_no: { gte: from, lte: to } } }
  return { bool: { filter: task.query ? [range, task.query] : [range] } }
}

function toBatch(task: IndexTask, page: HeldPage): Batch {
  let bytes = 0
  const docs = page.hits.map(hit => {
    const doc = toDoc(task, hit)
    bytes += hit.unusual ? doc.source.length : hit.sourceBytes
    return doc
  })
  return { docs, bytes, release: () => page.release() }
}

function toDoc(task: IndexTask, hit: Hit): Doc {
  if (hit.sourceBytes === 0) {
    throw new ShardferryError('unsupported', `Document ${hit.id} of ${task.source} has no _source.`, {
      hint: 'An index with _source disabled cannot be copied by reading it. Set its action to skip in the plan.',
    })
  }
  const doc = hit.asDoc(task.versionFrom)
  if (doc === undefined) {
    throw new ShardferryError(
      'unsupported',
      `Document ${hit.id} of ${task.source} has no ${task.versionFrom === 'seq-no' ? 'sequence number' : 'version'}.`,
      { hint: "Set versionFrom to 'version' for this index in the plan." },
    )
  }
  if (!hit.unusual) return doc
  return { id: doc.id, routing: doc.routing, version: doc.version, source: oneLine(doc.source) }
}
