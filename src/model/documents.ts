/** A part of an index small enough to be claimed, retried and accounted for as one. */
export interface Partition {
  /** Unique within a migration and fit for a file name, such as `cities.s0.r0.0-99999`. */
  readonly id: string
  /** The source index. */
  readonly index: string
  readonly round: number
  readonly range: SeqNoRange | SeqNoBand | FieldRange | Slice
  /** Live documents counted when the partition was cut; later updates only lower it. */
  readonly estimatedDocs: number
}

/** Sequence numbers `from` to `to`, both included, of one shard. */
export interface SeqNoRange {
  readonly by: 'seq-no'
  readonly shard: number
  readonly from: number
  readonly to: number
}

/**
 * Sequence numbers `from` to `to`, both included, of every shard: what a query can ask for that cannot name a shard, such
 * as the one inside a `_reindex`.
 */
export interface SeqNoBand {
  readonly by: 'seq-no-band'
  readonly from: number
  readonly to: number
}

/** Documents whose date (milliseconds since the epoch) or number is in [gte, lt), either end open where it is missing; or that have none. */
export interface FieldRange {
  readonly by: 'field'
  readonly field: string
  readonly date: boolean
  readonly gte?: number
  readonly lt?: number
  readonly missing?: true
}

/** One slice of a sliced scroll over the whole index: for sources without usable sequence numbers. */
export interface Slice {
  readonly by: 'slice'
  readonly slice: number
  readonly of: number
}

/** One document on its way. `source` is a view on the bytes received and is never parsed. */
export interface Doc {
  readonly id: string
  readonly routing: string | undefined
  /** The external version written to the target. */
  readonly version: bigint
  /** Empty for a delete. */
  readonly source: Uint8Array
  /** Its number on the source, where the search asked for it. */
  readonly seqNo?: number | undefined
  /**
   * A document is indexed with its version where nothing else is said; `overwrite`: with one above the target's, whatever
   * that is. Without versions: `create` where none stands, `replace` while what stands is `standing`, `upsert` as the server writes it.
   */
  readonly op?: 'delete' | 'overwrite' | 'create' | 'upsert' | 'replace'
  readonly standing?: { readonly seqNo: number; readonly term: number }
}

/** Documents read together and written as one bulk request. `release` gives the memory behind the sources back. */
export interface Batch {
  readonly docs: readonly Doc[]
  /** Bytes of all sources. */
  readonly bytes: number
  release(): void
}

/** A document that the target refuses, with the target's reason. */
export interface Rejected {
  readonly doc: Doc
  readonly status: number
  readonly type: string
  readonly reason: string
}

/** What became of a batch: written + alreadyNewer + filtered + rejected.length is always the number of its documents. */
export interface WriteResult {
  readonly written: number
  /** The target holds the same or a newer version: version conflict of an external version. */
  readonly alreadyNewer: number
  readonly rejected: readonly Rejected[]
  /** Not to be written. */
  readonly filtered?: number
}

export interface Counts {
  readonly read: number
  readonly written: number
  readonly alreadyNewer: number
  readonly setAside: number
  readonly filtered: number
  readonly bytes: number
}

export const noCounts: Counts = { read: 0, written: 0, alreadyNewer: 0, setAside: 0, filtered: 0, bytes: 0 }

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    written: a.written + b.written,
    alreadyNewer: a.alreadyNewer + b.alreadyNewer,
    setAside: a.setAside + b.setAside,
    filtered: a.filtered + b.filtered,
    bytes: a.bytes + b.bytes,
  }
}

/** The account: everything read is accounted for. */
export function balances(counts: Counts): boolean {
  return counts.read === counts.written + counts.alreadyNewer + counts.setAside + counts.filtered
}

/** A partition every document of which is written, already newer, set aside or filtered. */
export interface Settled {
  readonly partition: string
  readonly index: string
  readonly round: number
  readonly counts: Counts
  /** Times the partition was read from its start; 1 where nothing went wrong. */
  readonly attempts: number
  readonly tookMs: number
  /** Documents in the partition's manifest; missing where none was kept. */
  readonly listed?: number
  /** Of a partition of a `_reindex` request. */
  readonly reindexed?: Reindexed
}

/** What became of documents, as a server counts them that is asked to `_reindex` them. */
export interface Reindexed {
  readonly created: number
  readonly updated: number
  readonly versionConflicts: number
  /** Pages read. */
  readonly batches: number
  /** Bulk requests that were sent again. */
  readonly bulkRetries: number
}

/** Where a document is kept: one id may stand under several routings. */
export interface Place {
  readonly id: string
  readonly routing: string | undefined
}

/** What manifests say of a place. */
export interface Listed extends Place {
  /** The version that it was written with last. */
  readonly version: bigint
  /** The highest that was sent there, also of what the target refused: that may have been written again later. */
  readonly highest: bigint
  /** The target refused all that was sent there. */
  readonly rejected: boolean
}
