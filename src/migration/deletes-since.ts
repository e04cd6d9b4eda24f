import { markOf } from '../model/entries.ts'
import type { ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import { setting } from '../metadata/tree.ts'

/** Whether documents have gone from the source: `some` and `none` are known, `unknown` is not. */
export type Deletes = 'none' | 'some' | 'unknown'

/** What the primaries' counts tell, from one moment to another. */
export function deletesSince(task: IndexTask, before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): Deletes {
  if (countedDeletes(before, now) > 0) return 'some'
  if (!countersHold(before, now)) return 'unknown'
  if (!alsoByWrites(task)) return 'none'
  return now.every(mark => markOf(before, mark.shard)?.operations === mark.operations) ? 'none' : 'unknown'
}

/** Whether every document that has gone was counted as a delete. */
export function deletesAreCounted(task: IndexTask, before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): boolean {
  return countersHold(before, now) && !alsoByWrites(task)
}

/** Counters begin anew when a shard moves; deletes that go unseen by that show in the counts of documents. */
export function countedDeletes(before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): number {
  return now.reduce((sum, mark) => sum + Math.max(0, mark.deletes - (markOf(before, mark.shard)?.deletes ?? mark.deletes)), 0)
}

/** It is known that nothing was deleted: the counts of deletes have neither grown nor begun anew. */
export function noDeletes(before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): boolean {
  return now.every(mark => {
    const known = markOf(before, mark.shard)
    return known?.deletes === mark.deletes && countsHold(known, mark)
  })
}

/** The primaries tell what they count, and none has begun anew. */
export function countersHold(before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): boolean {
  return now.length > 0 && now.every(mark => countsHold(markOf(before, mark.shard), mark))
}

/**
 * A shard that moves counts anew in the time of the same primary. Then it has counted fewer operations than were given
 * numbers since, unless none came before the move. It may have counted more: some had a number at the first mark already.
 */
function countsHold(before: ShardMark | undefined, now: ShardMark): boolean {
  if (!before) return false
  const counted = (now.operations ?? 0) - (before.operations ?? 0)
  return before.primary !== undefined && before.primary === now.primary && counted >= now.maxSeqNo - before.maxSeqNo
}

/**
 * Whether a write can take a document off the target's share: it stops matching the query; or its id, written under
 * another routing, replaces it on the source's shard and not on the target's, which are cut otherwise.
 */
function alsoByWrites({ query, action, shards, settings }: IndexTask): boolean {
  const there = setting(settings, 'index.number_of_shards')
  return query !== undefined || action === 'into-existing' || (there !== undefined && Number(there) !== shards)
}
