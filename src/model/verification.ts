import type { Change } from './plan.ts'

/** counts: exact numbers of documents. ids: id, routing and order of versions. full: the documents themselves. */
export const verifyLevels = ['counts', 'ids', 'full'] as const
export type VerifyLevel = (typeof verifyLevels)[number]

/**
 * What of the source is compared. copied: what the migration says it has copied, up to the checkpoints of its last closed
 * rounds. now: everything up to the checkpoints of the moment the comparison begins.
 */
export type CompareUpTo = 'copied' | 'now'

/** bytes: as stored. values: canonical JSON with exact number text, for a side that writes documents in its own way. */
export type CompareForm = 'bytes' | 'values'

/** missing: not on the target. stale: another content there, or at level `ids` an older version. extra: on the target only. */
export type DifferenceKind = 'missing' | 'stale' | 'extra'

/** A document that is not the same on both sides. Same id, other routing: one is missing, one is extra. */
export interface Difference {
  /** On the source. */
  readonly index: string
  readonly target: string
  readonly id: string
  readonly routing?: string
  readonly kind: DifferenceKind
  /** The external version that the source's document has on the target when it is copied. */
  readonly sourceVersion?: string
  readonly targetVersion?: string
  /** Why the target refused it, where the migration set it aside. */
  readonly setAside?: string
}

/** One side of an index as it was read; `digest` is the sum of all documents' hashes, which equal sides have in common. */
export interface SideDigest {
  readonly docs: number
  readonly bytes: number
  /** 16 hex digits; '' at level `counts`. */
  readonly digest: string
}

export interface Checkpoint {
  readonly shard: number
  readonly upTo: number
  readonly historyUuid: string
}

/** What a repair of one index found and did. */
export interface IndexRepair extends Omit<RepairReport, 'dryRun' | 'remaining'> {
  readonly missing: number
  readonly stale: number
  readonly extra: number
}

/** Of an index that was repaired, all numbers are those after the repair. */
export interface IndexComparison {
  readonly index: string
  readonly target: string
  readonly verdict: VerifyVerdict
  readonly level: VerifyLevel
  /** How documents were compared; null below level `full`. */
  readonly form: CompareForm | null
  /** Whether the order of versions was compared (level `ids`, copies made with versions of the source). */
  readonly versions: boolean
  readonly onSource: SideDigest
  readonly onTarget: SideDigest
  /** Up to where each shard of the source was compared; empty where it is read by slices. */
  readonly checkpoints: readonly Checkpoint[]
  readonly missing: number
  readonly stale: number
  readonly extra: number
  /** Of those, set aside by the migration. */
  readonly setAside: number
  /** Unequal bytes, equal values: no difference. Counted in form `bytes` only. */
  readonly equalByValue: number
  /** Written on the source after the checkpoint, and not the same on both sides yet: left out. */
  readonly afterCheckpoint: number
  /** Copied, and deleted on the source after what was compared, and still on the target: left out. */
  readonly deletedLater: number
  /** Operations that the source had beyond the checkpoint when the comparison began. */
  readonly behind: number
  /** Documents that were looked at by id because their bucket differed, and how often at most. */
  readonly lookedAt: number
  readonly looks: number
  /** There are more differences than were named. */
  readonly cut: boolean
  /** How the definition of the target's index differs from what the plan says; `severe` ones make the verdict. */
  readonly definition: readonly DefinitionDifference[]
  readonly notes: readonly string[]
  readonly comparedAt: string
  readonly tookMs: number
  readonly repaired?: IndexRepair
}

export interface DefinitionDifference extends Pick<Change, 'what' | 'why'> {
  /** It changes what a query or an application finds, not only how the index is run. */
  readonly severe: boolean
}

/** equal; equal but for documents that the target had refused; or not. */
export type VerifyVerdict = 'equal' | 'set-aside' | 'differs'

/** How one search came out on both sides. */
export interface QueryComparison {
  readonly index: string
  /** The search's body, shortened. */
  readonly query: string
  readonly sourceTotal: number | null
  readonly targetTotal: number | null
  /** How many of the source's first ten hits are among the target's, between 0 and 1; null where there are none. */
  readonly overlap: number | null
  /** Values in aggregations that differ. */
  readonly aggregations: number
  /** Where a side refuses the search. */
  readonly error?: string
  /** 0 for the same; what the list is sorted by. */
  readonly distance: number
  readonly sourceMs: number
  readonly targetMs: number
}

export interface RepairReport {
  readonly dryRun: boolean
  readonly written: number
  readonly deleted: number
  /** Extra documents left, as the plan did not create their index. */
  readonly keptExtra: number
  /** Refused by the target again. */
  readonly refused: number
  /** Differences that are still there, of all that were to be repaired. */
  readonly remaining: number
}

/** The whole comparison, as something to hand on. */
export interface Verification {
  readonly name: string
  readonly shardferry: string
  readonly verdict: VerifyVerdict
  readonly level: VerifyLevel
  readonly source: ComparedCluster
  readonly target: ComparedCluster
  readonly startedAt: string
  readonly tookMs: number
  readonly indices: readonly IndexComparison[]
  readonly queries: readonly QueryComparison[]
  readonly repair?: RepairReport
  readonly notes: readonly string[]
}

export interface ComparedCluster {
  readonly address: string
  readonly clusterName: string
  readonly clusterUuid: string
  /** Such as `OpenSearch 2.19.4`. */
  readonly product: string
}
