import { stepKinds, thisProcess } from '../../assemble.ts'
import { fold } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import type { SqliteJournal } from '../../journal/sqlite.ts'
import { lagBelow, lagHeld } from '../../migration/cutover/gate.ts'
import { Memory } from '../../migration/memory.ts'
import { stepsToUndo } from '../../migration/undo-steps.ts'
import type { RollbackConditions } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import type { Settings } from '../../settings/settings.ts'
import { connectLazily } from '../../operate/clusters.ts'
import { changeDirection, requireRunning, tellMoved, underWay } from '../change-direction.ts'
import type { ChangeOptions } from '../change-direction.ts'
import { confirmed } from '../confirm.ts'
import { print } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { undoAndTell } from '../undo.ts'
import { rolledBackText } from '../view/cutover-text.ts'
import { namesText } from './cutover.ts'

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
        tellMoved(open, options.json)
        return 0
      }
      return await removeAll({ settings, journal: open, folder, name, state }, options, signal)
    case 'done':
      return await goBack({ journal: open, name, state }, options, signal)
    case 'asked':
    case 'begun':
    case 'rollback-asked':
    case 'rollback-begun':
      throw underWay(name)
  }
}

interface Stands {
  readonly journal: SqliteJournal
  readonly name: string
  readonly state: MigrationState
}

async function goBack({ journal, name, state }: Stands, options: RollbackOptions, signal: AbortSignal): Promise<number> {
  requireRunning(journal, name)
  const tasks = movedTasks(state.plan!)
  const { conditions } = options
  const asked = {
    what: 'rollback',
    ask: { what: 'rollback', conditions },
    steps: [
      `block writes to ${namesText(tasks.map(task => ({ ...task, source: task.target })))} on the target`,
      'copy what is left to the source, carry deletes over, compare what changed since the cutover',
      'give the source its tuned settings back, and take the account',
      'give the aliases on the target back to whom they were',
      'once applications have moved, follow the source again, until a cutover or complete',
    ],
    conditions: () => {
      const progress = journal.published()?.progress
      const lag = progress?.phase === 'following-back' ? progress.total.lag : null
      return Promise.resolve([fold(journal.entries()).held ? lagHeld(lag) : lagBelow(lag, conditions.maxLagMs)])
    },
    told: rolledBackText,
  } as const
  return await changeDirection(journal, name, asked, options, signal)
}

interface Unmade extends Stands {
  readonly settings: Settings
  readonly folder: string
}

/** Before a cutover the target is nobody's: what was made there goes, and everything else is given back. */
async function removeAll(
  { settings, journal, folder, name, state }: Unmade,
  { dryRun, yes }: RollbackOptions,
  signal: AbortSignal,
): Promise<number> {
  const memory = new Memory(journal)
  const kinds = stepKinds(folder, state)
  const listed = stepsToUndo(memory.state, kinds)
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
  journal.hold(thisProcess(), 'opened')
  await using clusters = connectLazily(settings, memory.state.plan, signal)
  await undoAndTell(listed, memory, clusters, signal)
  memory.append({ type: 'completed' })
  print(`Migration ${name} is rolled back; the source is as it was. The journal stays in ${folder}.`)
  return 0
}
