import type { RoundState } from '../journal/fold.ts'
import type { ShardMark } from '../model/entries.ts'

/**
 * Whether the source has changed since a round that was read by slices was opened: `rested` and `changed` are known,
 * `unknown` is not. Equal counts of documents tell nothing, as a document that is overwritten is counted before and after.
 * @param marks how many operations the primaries have seen by now; empty where the user may not know
 * @param writeBlocked whether the source takes no writes now
 */
export function sourceRested(
  opened: Pick<RoundState, 'shards' | 'writeBlocked'>,
  marks: readonly ShardMark[],
  writeBlocked: boolean,
): 'rested' | 'changed' | 'unknown' {
  const before = new Map(opened.shards.map(mark => [mark.shard, mark]))
  const known = marks.length > 0 && marks.every(mark => comparable(before.get(mark.shard), mark))
  if (known) return marks.every(mark => sameOperations(before.get(mark.shard), mark)) ? 'rested' : 'changed'
  return opened.writeBlocked && writeBlocked ? 'rested' : 'unknown'
}

/** Counts of operations compare only within the life of one copy. */
function comparable(before: ShardMark | undefined, now: ShardMark): boolean {
  return (
    before?.primary !== undefined &&
    before.primary === now.primary &&
    before.historyUuid === now.historyUuid &&
    before.operations !== undefined
  )
}

function sameOperations(before: ShardMark | undefined, now: ShardMark): boolean {
  return before?.operations === now.operations && before?.maxSeqNo === now.maxSeqNo
}
