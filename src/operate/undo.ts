import { realWorld } from '../assemble.ts'
import type { Memory } from '../migration/memory.ts'
import { undoSteps } from '../migration/undo-steps.ts'
import type { StepToUndo } from '../migration/undo-steps.ts'
import { ShardferryError } from '../model/errors.ts'
import type { LazyClusters } from './clusters.ts'

/** A node that restarts is waited for; a cluster that is gone is not. */
const giveUpAfterMs = 30_000

/**
 * Undoes steps of the journal and tells each. What cannot be undone now stays in the journal.
 * @throws ShardferryError `left-over` with all that is left, and why
 */
export async function undoAndTell(
  steps: readonly StepToUndo[],
  memory: Memory,
  clusters: LazyClusters,
  onUndone: (step: StepToUndo) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = await undoSteps(
    steps,
    {
      memory,
      world: realWorld(process.env),
      clusterOf: side => clusters.of(side),
      giveUpAfterMs,
      onUndone,
    },
    signal,
  )
  if (left.length === 0) return
  const byReason = Map.groupBy(left, ({ why }) => why.message)
  const lines = [...byReason].flatMap(([reason, group]) => [...group.map(({ step }) => `- ${step.what}`), `  ${reason}`])
  const hints = new Set(left.flatMap(({ step, why }) => (isAboutAccess(step) && mayNot(why) ? whoMay : (why.hint ?? []))))
  hints.add('The same command goes on with what is left.')
  throw new ShardferryError('left-over', `${left.length} could not be undone:\n${lines.join('\n')}`, {
    hint: [...hints].join('\n'),
  })
}

const whoMay =
  'Users, roles and keys are removed by a user who may manage security: give it with --source-username and --target-username.'

function mayNot({ code }: ShardferryError): boolean {
  return code === 'forbidden' || code === 'unauthorized'
}

function isAboutAccess({ id }: StepToUndo): boolean {
  return id.startsWith('access/')
}
