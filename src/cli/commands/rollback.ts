import { fold } from '../../journal/fold.ts'
import type { RollbackConditions } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { plannedRollback, underWay } from '../../operate/change.ts'
import type { Stands } from '../../operate/change.ts'
import { removeMigration, requireNeverCutOver, whatRemovalUndoes } from '../../operate/take-back.ts'
import type { Settings } from '../../settings/settings.ts'
import { changeDirection, tellMoved } from '../change-direction.ts'
import type { ChangeOptions } from '../change-direction.ts'
import { confirmed } from '../confirm.ts'
import { print, tellUndone } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { rolledBackText } from '../view/cutover-text.ts'

export interface RollbackOptions extends ChangeOptions {
  readonly conditions: RollbackConditions
}

/**
 * `shardferry rollback`: after a cutover, the cutover in the other direction, made by the run that follows the target back.
 * Before one, removes what was made on the target and gives everything back.
 */
export async function rollback(settings: Settings, options: RollbackOptions, signal: AbortSignal): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries())
  if (state.outcome?.kind === 'completed')
    throw new ShardferryError('state-other', `Migration ${name} is complete: nothing follows the target back any more.`, {
      hint: 'Move the indices back as a migration of their own: shardferry copy TARGET SOURCE',
    })
  switch (state.cutover.phase) {
    case 'none':
      if (options.moved && state.switches > 0) {
        tellMoved(open, state.switches, options.json)
        return 0
      }
      requireNeverCutOver(state, name)
      return await removeAll({ settings, journal: open, folder, name, state }, options, signal)
    case 'done':
      return await changeDirection(
        open,
        name,
        { ...plannedRollback({ journal: open, name, state }, options.conditions), told: rolledBackText },
        options,
        signal,
      )
    case 'asked':
    case 'begun':
    case 'rollback-asked':
    case 'rollback-begun':
      throw underWay(name)
  }
}

interface Unmade extends Stands {
  readonly settings: Settings
  readonly folder: string
}

/** @throws ShardferryError `state-other` once applications have, or may have, used the target */
/** Before a cutover the target is nobody's: what was made there goes, and everything else is given back. */
async function removeAll(
  { settings, journal, folder, name, state }: Unmade,
  { dryRun, yes }: RollbackOptions,
  signal: AbortSignal,
): Promise<number> {
  const listed = whatRemovalUndoes(folder, state)
  print(
    listed.length === 0
      ? `Migration ${name} has left nothing to take back.`
      : `To roll migration ${name} back, which is not cut over:\n${listed.map(({ what }) => `- ${what}`).join('\n')}`,
  )
  if (state.handedOver)
    print('A run has ended well before: make sure that no application uses the target, as what it has written there goes too.')
  if (dryRun) {
    print('\nDry run: nothing was changed.')
    return 0
  }
  if (listed.length > 0 && !yes && !(await confirmed('Do this?', signal)))
    throw new ShardferryError('stopped', 'Stopped; nothing was changed.')
  await removeMigration({ journal, folder, settings, onUndone: tellUndone }, signal)
  print(`Migration ${name} is rolled back; the source is as it was. The journal stays in ${folder}.`)
  return 0
}
