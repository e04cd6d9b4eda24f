import type { Cluster } from '../cluster/cluster.ts'
import type { ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Reader } from '../model/ports.ts'
import type { DefinitionDifference } from '../model/verification.ts'

/** One index that is compared, and how each side is read. */
export interface ComparedIndex {
  /** As it was moved. */
  readonly task: IndexTask
  readonly source: SideOfIndex
  /** Undefined where the target has no such index. */
  readonly target: SideOfIndex | undefined
  /** The checkpoints that the migration has copied up to; undefined: those of now. */
  readonly copied: readonly ShardMark[] | undefined
  /** The target's versions were made of the source's, so that their order can be compared. */
  readonly versions: boolean
  /** The migration made this very index, so what is only there is left over. */
  readonly createdByPlan: boolean
  /** It was there before and may hold documents of its own: what is only there makes no difference. */
  readonly mayHoldOthers: boolean
  readonly definition: readonly DefinitionDifference[]
  readonly notes: readonly string[]
}

export interface SideOfIndex {
  readonly cluster: Cluster
  /** As readers take it: `source` is the index's name on this side, whichever it is. */
  readonly task: IndexTask
  /** Gives whole documents. */
  readonly documents: Reader
  /** Gives ids, routings and versions; sources are empty. */
  readonly ids: Reader
}

export type SideName = 'source' | 'target'

/** A document's place: one id may stand under several routings. */
export function placeOf(id: string, routing: string | undefined): string {
  return routing === undefined ? `-${id}` : `${routing.length}:${routing}${id}`
}

/** The id of a place. */
export function idIn(place: string): string {
  if (place.startsWith('-')) return place.slice(1)
  const colon = place.indexOf(':')
  return place.slice(colon + 1 + Number(place.slice(0, colon)))
}

/** Whether a number was given out after the checkpoint of every shard it may belong to. */
export function afterEvery(marks: readonly ShardMark[], seqNo: bigint): boolean {
  return marks.length > 0 && marks.every(mark => seqNo > BigInt(mark.upTo))
}
