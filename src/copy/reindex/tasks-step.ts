import type { Cluster } from '../../cluster/cluster.ts'
import { endTask, runningReindexes } from '../../cluster/reindex.ts'
import type { StepKind } from '../../cluster/step-kind.ts'
import type { Step } from '../../model/ports.ts'
import type { TaskMarks } from './opaque-id.ts'

const prefix = 'reindex-tasks/'

/**
 * The `_reindex` tasks of a migration, as one step. Applying it starts none: it puts down, before the first is started, by
 * what mark they are found.
 */
export function reindexTasksStep(target: Cluster, marks: TaskMarks): Step<string> {
  return {
    id: prefix + marks.prefix,
    describe: () => "have the target's own _reindex move documents",
    capture: () => Promise.resolve(marks.prefix),
    apply: () => Promise.resolve(),
    undo: (mark, signal) => endTasks(target, mark, signal),
  }
}

/** Tasks that are ended without the plan. */
export const reindexTasks: StepKind = {
  prefix,
  atEnd: 'undone',
  side: 'target',
  describe: () => 'end the _reindex tasks of this migration that still run on the target',
  undo: (target, _name, mark, signal) => endTasks(target, mark as string, signal),
}

/** Whoever started them, and whether or not a journal knows them. */
async function endTasks(target: Cluster, mark: string, signal: AbortSignal): Promise<void> {
  for (const [opaqueId, id] of await runningReindexes(target, signal))
    if (opaqueId.startsWith(mark)) await endTask(target, id, signal)
}
