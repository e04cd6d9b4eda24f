import type { DeletesBy, EngineName, JsonObject, MetadataPart } from './plan.ts'

/** Which indices to move, under which names, and which of their documents. */
export interface Selection {
  /** Names and `*` wildcards of indices, aliases and data streams, or comma lists of them; a leading `-` takes out again. None means all. */
  readonly patterns: readonly string[]
  /** Also what is hidden, starts with a dot or belongs to the system; such an index is taken anyway when it is named in full. */
  readonly includeSystem: boolean
  /** Name on the target, such as `{index}-v2`; where it is missing the name stays. */
  readonly rename?: string
  /** Names on the target by source index or data stream; they go before `rename`. */
  readonly renames: Readonly<Record<string, string>>
  /** What becomes of a data stream: a data stream, or plain indices behind an alias of its name. */
  readonly dataStreams?: 'keep' | 'aliases'
  /** Aliases, and indices, that become a data stream of their name. */
  readonly toDataStreams?: readonly string[]
  /** Query DSL by source index: only documents that match are moved. */
  readonly filters: Readonly<Record<string, JsonObject>>
  /** Query DSL for every index that has no filter of its own. */
  readonly query?: JsonObject
  /** What is moved beside indices; nothing where it is missing. */
  readonly metadata?: readonly MetadataPart[]
}

/** How a plan is made. */
export interface PlanOptions {
  readonly name: string
  /** Write into target indices that exist already. */
  readonly intoExisting: boolean
  readonly versionFrom: 'seq-no' | 'version'
  readonly readBy: 'auto' | 'seq-no' | 'slices'
  /** Slices per index where it is read by slices; undefined: chosen when it is read. */
  readonly slices?: number
  readonly engine?: EngineName
  /** Date or number field by whose ranges the engine `reindex` cuts an index without usable sequence numbers. */
  readonly partitionField?: string
  /** How deletes on the source are found; auto: as each index allows. */
  readonly deletes?: 'auto' | DeletesBy['by']
  /** What becomes of field types without a counterpart on the target; refuse where it is missing. */
  readonly unknownTypes?: 'refuse' | 'disable'
  /** Give the target indices settings for fast writing while documents are copied. */
  readonly tune: boolean
}
