import type { Definition } from './definition.ts'
import type { Partition, SeqNoRange, Settled } from './documents.ts'
import type { Change, IndexTask, Json, JsonObject, Plan } from './plan.ts'
import type { Report } from './report.ts'
import type { VerifyLevel } from './verification.ts'

/** One line of a migration's journal: the only durable memory. The state of a migration is a fold over its entries. */
export type Entry =
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'started'; readonly holder: Holder }
  /** A process that does not run the migration, but changes something for it: grants, completes. */
  | { readonly type: 'opened'; readonly holder: Holder }
  | { readonly type: 'captured'; readonly step: string; readonly saved: Json }
  | { readonly type: 'applied'; readonly step: string }
  | { readonly type: 'undone'; readonly step: string }
  | {
      readonly type: 'created'
      readonly index: string
      readonly target: string
      readonly uuid: string
      /** Documents that an index which was there already held before anything was copied into it; missing where they could not be counted. */
      readonly docsBefore?: number
    }
  | { readonly type: 'changed'; readonly index: string; readonly change: LaterChange }
  /** How a source index that is followed is defined, as the target would have it: of its mapping, what came since it was seen before. */
  | ({ readonly type: 'definition-seen'; readonly index: string } & Definition)
  /** A data stream of the source has rolled over: its new backing index is part of the plan from here on. */
  | { readonly type: 'backing-added'; readonly stream: string; readonly task: IndexTask }
  | RoundOpened
  | Observed
  /** The target runs a `_reindex` task for a partition; a later run goes on watching it. */
  | { readonly type: 'submitted'; readonly index: string; readonly partition: string; readonly task: string }
  /** `begun`: the number of the last entry when it was handed out; it was read after that. */
  | { readonly type: 'settled'; readonly settled: Settled; readonly begun?: number }
  | { readonly type: 'round-closed'; readonly index: string; readonly round: number }
  | RoundsMerged
  | DeletesCarried
  | {
      readonly type: 'retried'
      readonly partition: string
      readonly index: string
      readonly written: number
      readonly alreadyNewer: number
      readonly remaining: number
    }
  | { readonly type: 'asked'; readonly ask: Ask }
  /** A comparison of both sides has come to its end. */
  | { readonly type: 'verified'; readonly indices: readonly Verified[] }
  /** From here on steps of a cutover may have been applied. */
  | { readonly type: 'cutover-begun' }
  /** A cutover was refused, or has failed and is undone: applications stay on the source. */
  | { readonly type: 'cutover-undone'; readonly reason: string }
  /** `wayBack`: what the target has is listed, so that it can be followed back. */
  | { readonly type: 'cut-over'; readonly facts: CutoverFacts; readonly wayBack: boolean }
  /** The same for the way back: applications return to the source. */
  | { readonly type: 'rollback-begun' }
  | { readonly type: 'rollback-undone'; readonly reason: string }
  | { readonly type: 'rolled-back'; readonly facts: CutoverFacts }
  | { readonly type: 'stopped'; readonly reason: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hint: string | undefined }
  | { readonly type: 'finished'; readonly report: Report }
  | { readonly type: 'completed' }
  | Audited
  | ReindexAsked
  | ReindexAnswered

/** Somebody did this through the server. Changes nothing by itself, and holds no secret. */
export interface Audited {
  readonly type: 'audited'
  /** The name of the token or certificate. */
  readonly by: string
  readonly did: string
  readonly how?: JsonObject
}

/** The migration was asked for by `POST _reindex`. Neither `body` nor `params` holds a secret. */
export interface ReindexAsked {
  readonly type: 'reindex-asked'
  readonly params: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** What tasks show of the request's headers: `X-Opaque-Id`. */
  readonly headers: Readonly<Record<string, string>>
}

/** What the request is answered with; nothing is done for it any more. */
export interface ReindexAnswered {
  readonly type: 'reindex-answered'
  readonly status: number
  readonly response?: JsonObject
  readonly error?: JsonObject
}

/** Everything in an index up to one checkpoint per shard, and the partitions it is cut into. */
export interface RoundOpened {
  readonly type: 'round-opened'
  readonly index: string
  readonly round: number
  readonly shards: readonly ShardMark[]
  readonly partitions: readonly Partition[]
  /** What earlier rounds covered and this one covers again, because a primary changed since it was read. */
  readonly again?: readonly SeqNoRange[]
  /** The source index took no writes when the round was opened (a write block). Only told where it is read by slices. */
  readonly writeBlocked?: boolean
}

/** What became otherwise than planned. followed: the source's definition has changed since. */
export interface LaterChange extends Omit<Change, 'kind'> {
  readonly kind: Change['kind'] | 'followed'
}

/** Closed rounds `from` to `to` count as one from here on: the same numbers, the same documents. */
export interface RoundsMerged {
  readonly type: 'rounds-merged'
  readonly index: string
  readonly from: number
  readonly to: number
  readonly partitions: readonly Partition[]
  readonly settled: readonly Settled[]
}

/** Where the shards stood after a refresh, while a round was under way. What had been settled by entry `asOf` was read before. */
export interface Observed {
  readonly type: 'observed'
  readonly index: string
  readonly asOf: number
  readonly shards: readonly ShardMark[]
}

/** What was deleted on the source until the shards stood there is deleted on the target. */
export interface DeletesCarried {
  readonly type: 'deletes-carried'
  readonly index: string
  readonly by: 'manifest' | 'sweep'
  /** Where the shards stood before it was looked what they still have. */
  readonly shards: readonly ShardMark[]
  /** Documents that were copied and are on neither side any more; by a sweep, those that were deleted by it and those before. */
  readonly carried: number
  /** Documents that the source no longer has and the target keeps, because they are not those that were copied. */
  readonly kept: number
}

/** Where one shard stood at one moment. */
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
  /** Index and delete operations the primary has executed so far; resets as `deletes` does. */
  readonly operations?: number
  /**
   * Changes whenever a copy becomes primary anew, by fail-over or restart: operations above the checkpoint may be rolled
   * back then, and their numbers given out again. Missing where the source does not tell.
   */
  readonly primary?: string
}

/** Of one shard. */
export function markOf(marks: readonly ShardMark[] | undefined, shard: number): ShardMark | undefined {
  return marks?.find(mark => mark.shard === shard)
}

/** How one index was found when both sides were compared. */
export interface Verified {
  readonly index: string
  readonly equal: boolean
  readonly level: VerifyLevel
  /** Up to where it was compared; empty where it is not read by sequence numbers. */
  readonly shards: readonly Pick<ShardMark, 'shard' | 'upTo' | 'historyUuid'>[]
}

/** What a person lets a cutover go ahead with. */
export interface CutoverConditions {
  /** Age of the oldest operation that the target may lack before the source is blocked. */
  readonly maxLagMs: number
  /** How long the source may take no writes; what is not done by then is undone. */
  readonly maxBlockMs: number
  /** Documents are set aside: the target does without them. */
  readonly acceptSetAside: boolean
  /** No comparison has found both sides equal. */
  readonly acceptUnverified: boolean
  /** Replicas of the target are not all there. */
  readonly acceptYellow: boolean
  /** Aliases of the plan that other indices of the target have are taken from them. */
  readonly takeAliases: boolean
}

/** What a person lets a rollback go ahead with. */
export interface RollbackConditions {
  /** Age of the oldest operation that the source may lack before the target is blocked. */
  readonly maxLagMs: number
  /** How long the target may take no writes; what is not done by then is undone. */
  readonly maxBlockMs: number
  /** Somebody has written to the source since the cutover, or documents are set aside: the sides need not be equal. */
  readonly acceptDifferences: boolean
}

/** What a cutover or a rollback did, as hooks are told. */
export interface CutoverFacts {
  readonly name: string
  readonly source: string
  readonly target: string
  readonly indices: readonly { readonly source: string; readonly target: string; readonly documents: number | null }[]
  readonly aliases: readonly string[]
  /** How long the one side took no writes until the other was ready for them; null where the run was killed in between. */
  readonly blockedMs: number | null
  readonly at: string
}

/** What a person asks of a running migration from another terminal. */
export type Ask =
  | { readonly what: 'pause'; readonly reason: string }
  | { readonly what: 'resume' }
  | ({ readonly what: 'throttle' } & Pace)
  | { readonly what: 'cancel' }
  | { readonly what: 'cutover'; readonly conditions: CutoverConditions }
  | { readonly what: 'rollback'; readonly conditions: RollbackConditions }
  /**
   * Applications have left the side that the change of direction of this number has blocked: it may take what is carried
   * over to it. Means nothing once another change was made.
   */
  | { readonly what: 'moved'; readonly switches: number }

/** What a person lets a migration do at most; what is not there stays as it is. */
export interface Pace {
  readonly width?: number
  /** Written; 0: no limit. */
  readonly docsPerSecond?: number
  readonly bytesPerSecond?: number
  /** Of a node of either cluster, per processor; 0: any. */
  readonly maxLoad?: number
  /** Times of day, such as `22:00-06:00`, outside of which nothing is moved; none: always. */
  readonly windows?: readonly string[]
}

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
