import { fold } from '../../journal/fold.ts'
import type { StepToUndo } from '../../migration/undo-steps.ts'
import type { Side } from '../../model/connection.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import { completeMigration, isGone, whatCompleteUndoes } from '../../operate/take-back.ts'
import type { Settings } from '../../settings/settings.ts'
import { confirmed } from '../confirm.ts'
import { print, tellUndone } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { handWorkText } from '../view/hand-work.ts'

export interface CompleteOptions {
  readonly dryRun: boolean
  readonly yes: boolean
  /** Clusters that are no more: what was made there has gone with them. */
  readonly gone: readonly Side[]
}

/**
 * `shardferry complete`: takes back everything a migration made or changed besides what it copied, in whatever state it is,
 * also after a crash and where a cluster is gone. May be called again and again.
 */
export async function complete(settings: Settings, { dryRun, yes, gone }: CompleteOptions, signal: AbortSignal): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries())
  const { steps, lists } = whatCompleteUndoes(folder, state)
  print(listText(name, steps, gone, lists.length > 0))
  const handWork = handWorkText(settings.source.addresses, state.plan)
  if (dryRun) {
    print(`\n${handWork}\n\nDry run: nothing was changed.`)
    return 0
  }
  if (steps.length > 0 && !yes && !(await confirmed('Do this?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  try {
    await completeMigration({ journal: open, folder, settings, onUndone: tellUndone }, gone, signal)
  } catch (thrown) {
    if (asShardferryError(thrown).code === 'left-over') print(`\n${handWork}\n`)
    throw thrown
  }
  print(`Migration ${name} is complete. What was copied stays; the journal stays in ${folder}.\n\n${handWork}`)
  return 0
}

function listText(name: string, steps: readonly StepToUndo[], gone: readonly Side[], lists: boolean): string {
  const lines = steps.map(step => `- ${step.what}${isGone(step, gone) ? `: gone with the ${step.kind?.side}` : ''}`)
  if (lists)
    lines.push(
      '- remove the lists of what was copied (manifests) from the state folder; journal, reports and rejected documents stay',
    )
  if (lines.length === 0) return `Migration ${name} has left nothing to take back.`
  return `To complete migration ${name}:\n${lines.join('\n')}`
}
