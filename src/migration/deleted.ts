import type { ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Deleted, DeletedState } from '../model/report.ts'
import { deletesSince, noDeletes } from './deletes-since.ts'
import type { Migration } from './migration.ts'
import type { Findings } from './take-account.ts'

/** What became of the documents that the source has deleted until its shards stood at `marks`. */
export function deletedSoFar({ memory }: Pick<Migration, 'memory'>, task: IndexTask, marks: readonly ShardMark[]): Deleted {
  const { rounds = [], deletes } = memory.state.indices.get(task.source) ?? {}
  const by = deletes?.by ?? task.deletes?.by ?? 'off'
  const since = deletesSince(task, deletes?.shards ?? rounds[0]?.shards, marks)
  return { state: stateOf(), by, carried: deletes?.carried ?? 0, kept: deletes?.kept ?? 0 }

  function stateOf(): DeletedState {
    // What was looked at a moment ago, by a source that does not tell whether its counts hold, is confirmed by equal counts of documents.
    if (deletes && since !== 'some') return 'carried'
    if (since === 'none' || (by === 'off' && noDeletes(rounds[0]?.shards, marks))) return 'none'
    if (since === 'unknown') return 'unseen'
    return by === 'off' ? 'off' : 'pending'
  }
}

function isSettled(state: DeletedState): boolean {
  return state === 'none' || state === 'carried'
}

/** Says what was carried over, and what was not and why. */
export function deletesNotes(
  { state, by, carried, kept }: Deleted,
  deletes: number,
  task: IndexTask,
  hindrance: string | undefined,
  { doubts, note }: Findings,
): void {
  if (carried > 0)
    note(`documents that were copied and then deleted on the source are deleted on the target: ${carried} (found by ${by}).`)
  if (kept > 0)
    doubts.push(
      `${kept} documents that the source has deleted stay on the target, as they are no longer what was copied: somebody else writes there`,
    )
  // In an index made for the copy, one document too many would show in the counts.
  const told = state === 'unseen' && task.action === 'create'
  if (hindrance !== undefined && !isSettled(state))
    (told ? note : (text: string) => doubts.push(text))(`deletes could not be carried over: ${hindrance.replace(/\.$/, '')}`)
  switch (state) {
    case 'none':
    case 'carried':
      return
    case 'off':
      note(
        `${deletes} deletes on the source since the copy began, which were not looked for (${task.deletes?.reason ?? '--deletes off'}), so the target may hold documents the source no longer has.`,
      )
      return
    case 'pending':
      note(
        `documents were deleted on the source that are not deleted on the target yet (${deletes} deletes since the copy began); run the same command again.`,
      )
      return
    case 'unseen':
      if (task.action === 'into-existing' && hindrance === undefined)
        doubts.push(
          `the source does not tell whether documents were deleted, and deletes are not looked for (${task.deletes?.reason ?? '--deletes off'})`,
        )
  }
}
