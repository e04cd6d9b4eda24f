import { fold } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { withAliasesNow } from '../../migration/follow-definitions.ts'
import { namesOf } from '../../metadata/switch-aliases.ts'
import { gate } from '../../migration/cutover/gate.ts'
import { noWayBack } from '../../migration/cutover/way-back.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { CutoverConditions } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Settings } from '../../settings/settings.ts'
import { requireSamePlan } from '../../operate/hold-and-plan.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { changeDirection, requireRunning, tellMoved, underWay } from '../change-direction.ts'
import type { ChangeOptions } from '../change-direction.ts'
import { openKnownJournal } from '../session.ts'
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
    tellMoved(open, options.json)
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
  const asked = {
    what: 'cutover',
    ask: { what: 'cutover', conditions },
    steps: stepsOf(tasks, settings, clusters.source),
    conditions: () => {
      const lag = open.published()?.progress.total.lag ?? null
      const now = fold(open.entries())
      return gate({ tasks, state: now, target: clusters.target, lag, held: now.held, greenWithin: '1s' }, conditions, signal)
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

function stepsOf(tasks: readonly IndexTask[], { copy }: Settings, source: Cluster): readonly string[] {
  const aliases = namesOf(tasks)
  const noBack = copy.followBack ? noWayBack(tasks, source) : 'it is switched off (--no-follow-back)'
  return [
    `compare what changed since the last verification${noBack === undefined ? ', list what the target has for the way back' : ''}`,
    `block writes to ${namesText(tasks)} on the source`,
    'copy what is left, carry deletes over, compare what came since',
    'give the target its tuned settings back, and take the account',
    aliases.length === 0 ? 'no aliases to switch' : `switch on the target, in one call: ${aliases.join(', ')}`,
    noBack === undefined
      ? 'once applications have moved, carry what they write back to the source, until a rollback or complete'
      : `no way back: ${noBack}; the source stays blocked until complete`,
  ]
}

export function namesText(tasks: readonly IndexTask[]): string {
  return tasks.length > 3 ? `${tasks.length} indices` : tasks.map(({ source }) => source).join(', ')
}
