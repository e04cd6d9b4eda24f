import { fold } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { withAliasesNow } from '../../migration/follow-definitions.ts'
import { namesOf } from '../../metadata/switch-aliases.ts'
import { gate } from '../../migration/cutover/gate.ts'
import { noWayBack } from '../../migration/cutover/way-back.ts'
import type { CutoverConditions } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Settings } from '../../settings/settings.ts'
import { changeDirection, requireRunning, tellMoved, underWay } from '../change-direction.ts'
import type { ChangeOptions } from '../change-direction.ts'
import { requireSamePlan } from '../migrate.ts'
import { connectBoth, openKnownJournal } from '../session.ts'
import { cutOverText } from '../view/cutover-text.ts'

export interface CutoverOptions extends ChangeOptions {
  readonly conditions: CutoverConditions
}

/** `shardferry cutover`: shows the steps and the conditions, asks the run that follows the source to do it, and waits for it. */
export async function cutover(settings: Settings, options: CutoverOptions, signal: AbortSignal): Promise<number> {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries())
  if (options.moved && state.cutover.phase === 'done') {
    tellMoved(open, state.switches, options.json)
    return 0
  }
  requireNotCutOver(state, name)
  requireRunning(open, name)
  const { plan } = state
  if (!plan) throw underWay(name)
  if (state.cutover.phase !== 'none') throw underWay(name)
  await using clusters = await connectBoth(settings, signal)
  requireSamePlan(plan, clusters, undefined)
  const tasks = movedTasks(plan).map(task => withAliasesNow(task, state))
  const { conditions } = options
  const noBack = settings.copy.followBack ? noWayBack(tasks, clusters.source) : 'it is switched off (--no-follow-back)'
  const backTo = noBack === undefined ? clusters.source : undefined
  const asked = {
    what: 'cutover',
    ask: { what: 'cutover', conditions },
    steps: stepsOf(tasks, noBack),
    conditions: () => {
      const lag = open.published()?.progress.total.lag ?? null
      const now = fold(open.entries())
      const parts = { tasks, state: now, target: clusters.target, backTo, lag, held: now.held, greenWithin: '1s' } as const
      return gate(parts, conditions, signal)
    },
    told: cutOverText,
  } as const
  return await changeDirection(open, name, asked, options, signal)
}

function requireNotCutOver({ cutover: stands, outcome }: MigrationState, name: string): void {
  if (outcome?.kind === 'completed')
    throw new ShardferryError('state-other', `Migration ${name} is complete.`, {
      hint: 'Move the indices again under another --name.',
    })
  if (stands.phase === 'done')
    throw new ShardferryError('state-other', `Migration ${name} is cut over already, since ${stands.facts.at}.`, {
      hint: 'See how it stands with: shardferry status. Go back with: shardferry rollback',
    })
}

function stepsOf(tasks: readonly IndexTask[], noBack: string | undefined): readonly string[] {
  const aliases = namesOf(tasks)
  return [
    `compare what changed since the last verification${noBack === undefined ? ', list what the target has for the way back' : ''}`,
    `block writes to ${namesText(tasks)} on the source`,
    'copy what is left, carry deletes over, compare what came since',
    'give the target its tuned settings back, and take the account',
    ...streamSteps(tasks),
    aliases.length === 0 ? 'no aliases to switch' : `switch on the target, in one call: ${aliases.join(', ')}`,
    noBack === undefined
      ? 'once applications have moved, carry what they write back to the source, until a rollback or complete'
      : `no way back: ${noBack}; the source stays blocked until complete`,
  ]
}

function streamSteps(tasks: readonly IndexTask[]): readonly string[] {
  const streams = [...new Set(tasks.flatMap(({ dataStream }) => dataStream ?? []))]
  return streams.length === 0 ? [] : [`see that each data stream has its backing indices: ${streams.join(', ')}`]
}

export function namesText(tasks: readonly IndexTask[]): string {
  return tasks.length > 3 ? `${tasks.length} indices` : tasks.map(({ source }) => source).join(', ')
}
