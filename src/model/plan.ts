import type { Flavor } from './version.ts'

/** What a migration does, as a person reads and edits it; immutable once a run has journaled it. */
export interface Plan {
  readonly shardferryPlan: 1
  readonly name: string
  readonly createdAt: string
  readonly source: PlannedCluster
  readonly target: PlannedCluster
  /** The patterns the indices were selected by. */
  readonly patterns: readonly string[]
  readonly indices: readonly IndexTask[]
  /** Data streams that are made of indices of the plan; missing where there is none. */
  readonly dataStreams?: readonly DataStreamTask[]
  /** Indices that matched a pattern and are left out, with the reason. */
  readonly skipped: readonly { readonly index: string; readonly reason: string }[]
  /** Templates, pipelines, scripts and policies, where they were asked for; in the order in which they are made. */
  readonly objects?: readonly ObjectTask[]
}

/** Parts of a cluster's metadata beside its indices, as they are asked for. */
export const metadataParts = ['templates', 'pipelines', 'scripts', 'lifecycle', 'settings'] as const
export type MetadataPart = (typeof metadataParts)[number]

export const objectKinds = [
  'ingest-pipeline',
  'stored-script',
  'lifecycle-policy',
  'component-template',
  'index-template',
  'legacy-template',
  'cluster-setting',
] as const
export type ObjectKindName = (typeof objectKinds)[number]

/** One thing of the cluster beside its indices. */
export interface ObjectTask {
  readonly kind: ObjectKindName
  readonly name: string
  /** create: it is not on the target. replace: what is there is written over. same: it is there as planned. skip: left out. refuse: it cannot be made. */
  readonly action: 'create' | 'replace' | 'same' | 'skip' | 'refuse'
  /** Why it is skipped or refused. */
  readonly reason?: string
  /** What it becomes on the target. */
  readonly definition: JsonObject
  /** What the target has under this name, where that is something else. */
  readonly onTarget?: JsonObject
  /** What differs from the source's definition, and why. */
  readonly changes: readonly Change[]
}

/** The indices of a plan that are moved. */
export function movedTasks(plan: Pick<Plan, 'indices'>): readonly IndexTask[] {
  return plan.indices.filter(task => task.action === 'create' || task.action === 'into-existing')
}

export interface PlannedCluster {
  readonly address: string
  readonly clusterName: string
  readonly clusterUuid: string
  readonly flavor: Flavor
  readonly version: string
}

/** create: the target index is made. into-existing: it is there and is written into. skip: left out. refuse: cannot be moved as it is. */
export type IndexAction = 'create' | 'into-existing' | 'skip' | 'refuse'

/** One index to move. */
export interface IndexTask {
  readonly source: string
  readonly target: string
  /** The source index's uuid when the plan was made. */
  readonly uuid: string
  readonly action: IndexAction
  /** Why it is refused or skipped. */
  readonly reason?: string
  readonly shards: number
  readonly estimate: Estimate
  /** What moves the documents: Shardferry's own stream (where it is missing), or the target cluster's own `_reindex` from remote. */
  readonly engine?: EngineName
  readonly read: ReadBy
  /** How documents are found that the source deletes while it is copied; missing in plans that know nothing of it: they are not. */
  readonly deletes?: DeletesBy
  /** Which number becomes the external version on the target. */
  readonly versionFrom: 'seq-no' | 'version'
  /** Only documents that match are moved (Query DSL). */
  readonly query?: JsonObject
  readonly settings: JsonObject
  readonly mappings: JsonObject
  readonly aliases: Readonly<Record<string, AliasDefinition>>
  /** What differs from the source's definition, and why. */
  readonly changes: readonly Change[]
  /** Settings the target index has only while documents are copied; a null removes the setting. */
  readonly tuning: Readonly<Record<string, string | number | boolean | null>>
  /** The target's data stream that it becomes a backing index of. */
  readonly dataStream?: string
  /** How documents are written, where a `_reindex` request says so; elsewhere with external versions, which decide what stays. */
  readonly write?: WriteAs
}

/**
 * attach: each backing index is copied as an index of its own and then added to the stream. roll-over: the stream makes its
 * backing indices itself, generation by generation, and they are written into.
 */
export const dataStreamWays = ['attach', 'roll-over'] as const
export type DataStreamWay = (typeof dataStreamWays)[number]

/** One data stream on the target. Each of its backing indices that is moved is an index task that names it. */
export interface DataStreamTask {
  readonly source: string
  readonly target: string
  /** create: the stream is made. into-existing: it is there, and gets the indices besides its own. */
  readonly action: 'create' | 'into-existing'
  readonly by: DataStreamWay
  readonly timestampField: string
  /** Its backing indices that are moved, oldest first, by their names on the target. */
  readonly indices: readonly string[]
  /** The index template that is made for it; missing where the target has one that makes data streams of this name. */
  readonly template?: { readonly name: string; readonly body: JsonObject }
  /** As Elasticsearch keeps it since 8.11. */
  readonly lifecycle?: JsonObject
  readonly aliases: Readonly<Record<string, AliasDefinition>>
  readonly changes: readonly Change[]
}

/** `dest` of a `_reindex` request, and what goes with it. */
export interface WriteAs {
  readonly opType: 'index' | 'create'
  readonly versionType: 'internal' | 'external' | 'external_gt' | 'external_gte'
  /** `keep`, `discard`, or one for all documents with a leading `=`. */
  readonly routing: string
  readonly pipeline?: string
  readonly conflicts: 'abort' | 'proceed'
  readonly timeout?: string
  readonly waitForActiveShards?: string
}

export interface Estimate {
  /** Documents, counted by `_count` (nested ones not included). */
  readonly docs: number
  /** Bytes of `_source`, from a sample. */
  readonly bytes: number
}

/**
 * manifest: what was copied is listed on this machine and compared with the sequence numbers that the source still has.
 * sweep: the ids of both sides are compared. off: deletes are counted, and documents stay on the target.
 */
export const deletesBy = ['manifest', 'sweep', 'off'] as const

export interface DeletesBy {
  readonly by: (typeof deletesBy)[number]
  readonly reason: string
}

export type EngineName = 'stream' | 'reindex'

export interface ReadBy {
  readonly by: 'seq-no' | 'slices' | 'field'
  /** The date or number field whose ranges are the partitions, for `field`. */
  readonly field?: string
  /** Number of slices, for `slices`. */
  readonly slices?: number
  /** Read from primaries only: segment-replicated indices serve older data on replicas. */
  readonly primaryOnly?: boolean
  /** Leave the documents themselves out, for a comparison of ids; never in a plan. */
  readonly idsOnly?: boolean
  /** Documents of a page, at most. */
  readonly pageDocs?: number
  /** Documents that are read, at most; only where one partition is all. */
  readonly maxDocs?: number
  /** `_source` of the search: which fields are read. The source writes the JSON anew for it. */
  readonly fields?: Json
  /** Of the search, instead of the order in the index. */
  readonly sort?: Json
  /** Why not by sequence numbers, and what is lost by it; and what another engine than the stream does differently. */
  readonly reason?: string
}

/** As in the alias APIs of both families. */
export interface AliasDefinition {
  readonly filter?: JsonObject
  readonly index_routing?: string
  readonly search_routing?: string
  readonly is_write_index?: boolean
  readonly is_hidden?: boolean
}

export interface Change {
  readonly kind: 'stripped' | 'converted' | 'dropped'
  /** Such as `settings.index.creation_date` or `mappings.properties.tags`. */
  readonly what: string
  readonly why: string
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}
