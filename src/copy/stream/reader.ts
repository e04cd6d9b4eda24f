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
import { count, indexUuid, primaryMarks, refresh } from '../../cluster/shards.ts'
import type { Batch, Doc, Partition } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Reader } from '../../model/ports.ts'
import { atLeast } from '../../model/version.ts'
import { cutRange, describeRange, docsInPartition } from '../cut-range.ts'
import type { PartitionSize } from '../cut-range.ts'
import { partitionQuery } from '../partition-query.ts'
import { PageSizes } from './page-size.ts'

export interface StreamReaderOptions extends PartitionSize {
  readonly pageBytes: number
}

/** Longest pause between two pages: back-pressure and a `pause` shorter than this do not lose the scroll. */
const keepAlive = '5m'

/** Reads an index by searches in `_doc` order: one shard's range of sequence numbers, or one slice, at a time. */
export function streamReader(source: Cluster, options: StreamReaderOptions): Reader {
  const sizes = new PageSizes(options.pageBytes)
  return {
    marks: async (task, signal) => {
      await requireSameIndex(source, task, signal)
      if (task.read.by !== 'seq-no') return []
      // First the checkpoint, then the refresh: what is at or below the checkpoint is in the index before the refresh begins.
      const marks = await primaryMarks(source, task.source, task.shards, signal)
      await refresh(source, task.source, signal)
      return marks
    },
    partitions: (task, round, since, marks, signal) =>
      task.read.by !== 'seq-no'
        ? slicePartitions(source, task, round, options, signal)
        : seqNoPartitions(source, task, round, since, marks, options, signal),
    read: (task, partition, signal) => readPartition(source, task, partition, sizes, signal),
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

async function seqNoPartitions(
  source: Cluster,
  task: IndexTask,
  round: number,
  since: readonly ShardMark[] | undefined,
  marks: readonly ShardMark[],
  options: StreamReaderOptions,
  signal: AbortSignal,
): Promise<Partition[]> {
  const limit = docsInPartition(task, options)
  const partitions: Partition[] = []
  for (const mark of marks) {
    const from = (since?.find(earlier => earlier.shard === mark.shard)?.upTo ?? -1) + 1
    if (mark.upTo < from) continue
    const counted = (low: number, high: number): Promise<number> =>
      count(
        source,
        task.source,
        partitionQuery(task, { by: 'seq-no', shard: mark.shard, from: low, to: high }),
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

async function* readPartition(
  source: Cluster,
  task: IndexTask,
  partition: Partition,
  sizes: PageSizes,
  signal: AbortSignal,
): AsyncIterable<Batch> {
  const pageDocs = sizes.of(task)
  const limits = { shards: partition.range.by === 'seq-no' ? 1 : 'some', maxBytes: sizes.ceiling(pageDocs) } as const
  // One page that holds everything needs no scroll, and leaves nothing on the source to clean up.
  const single = partition.range.by === 'seq-no' && partition.estimatedDocs <= pageDocs
  const preference = partition.range.by === 'seq-no' ? shardPreference(task, partition.range.shard) : undefined
  const search = { body: searchBody(source, task, partition, pageDocs), preference, keepAlive: single ? undefined : keepAlive }
  let scrollId: string | undefined
  let read = 0
  try {
    let page = await firstPage(source, task.source, search, limits, signal)
    if (single && (page.total ?? 0) > pageDocs) {
      // More than were counted when the partition was cut.
      page.release()
      page = await firstPage(source, task.source, { ...search, keepAlive }, limits, signal)
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
    query: partitionQuery(task, range),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}

function shardPreference(task: IndexTask, shard: number): string {
  return `_shards:${shard}${task.read.primaryOnly ? '|_primary' : ''}`
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
  const version = externalVersion(task, hit)
  return hit.unusual ? { id: hit.id, routing: hit.routing, version, source: oneLine(sourceOf(hit)) } : new HitDoc(hit, version)
}

/** A document whose source is still a position in its page. */
class HitDoc implements Doc {
  readonly version: bigint
  readonly #hit: Hit

  constructor(hit: Hit, version: bigint) {
    this.#hit = hit
    this.version = version
  }

  get id(): string {
    return this.#hit.id
  }
  get routing(): string | undefined {
    return this.#hit.routing
  }
  get source(): Uint8Array {
    return sourceOf(this.#hit)
  }
}

function sourceOf(hit: Hit): Uint8Array {
  return hit.source ?? new Uint8Array(0)
}

/** Sequence number + 1: grows with every write of a document, also over delete and re-creation, which `_version` does not. */
function externalVersion(task: IndexTask, hit: Hit): bigint {
  const version = task.versionFrom === 'seq-no' && hit.seqNo !== undefined ? hit.seqNo + 1n : hit.version
  if (version !== undefined && (task.versionFrom === 'version' || hit.seqNo !== undefined)) return version
  throw new ShardferryError(
    'unsupported',
    `Document ${hit.id} of ${task.source} has no ${task.versionFrom === 'seq-no' ? 'sequence number' : 'version'}.`,
    {
      hint: "Set versionFrom to 'version' for this index in the plan.",
    },
  )
}
