/** Which way the sides of a migration are compared: from the one that applications use to the one that follows it. */
import { backFolder } from '../assemble.ts'
import type { ComparisonParts } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { SqliteJournal } from '../journal/sqlite.ts'
import type { IndexTask } from '../model/plan.ts'
import { movedTasks } from '../model/plan.ts'

/** Applications use the target, which is followed back to the source. */
export function isFollowedBack({ cutover, hasWayBack, outcome }: MigrationState): boolean {
  return hasWayBack && 'facts' in cutover && outcome?.kind !== 'completed'
}

type Way = Pick<ComparisonParts, 'plan' | 'tasks' | 'source' | 'target' | 'state' | 'stateNow' | 'folder' | 'forward'>

/** The same comparison with its sides changed over. @param journal of the way back */
export function changedOver({ plan, tasks, source, target, folder, state: ofForward }: Way, journal: SqliteJournal): Way {
  const state = fold(journal.entries())
  const wanted = new Set(tasks.map((task: IndexTask) => task.target))
  return {
    plan: state.plan ?? plan,
    tasks: state.plan ? movedTasks(state.plan).filter(task => wanted.has(task.source)) : tasks,
    source: target,
    target: source,
    state,
    stateNow: () => fold(journal.entries()),
    folder: backFolder(folder),
    ...(ofForward ? { forward: { state: ofForward, folder } } : {}),
  }
}
