/** What a cutover or a rollback would do, and which conditions hold: told before the run that follows is asked for it. */
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { SqliteJournal } from '../journal/sqlite.ts'
import { namesOf } from '../metadata/switch-aliases.ts'
import { gate, lagBelow, lagHeld, straysCondition } from '../migration/cutover/gate.ts'
import type { Condition } from '../migration/cutover/gate.ts'
import { noWayBack } from '../migration/cutover/way-back.ts'
import { withAliasesNow } from '../migration/follow-definitions.ts'
import type { Ask, CutoverConditions, RollbackConditions } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Settings } from '../settings/settings.ts'
import type { Clusters } from './clusters.ts'
import { requireSamePlan } from './hold-and-plan.ts'

export interface PlannedChange {
  readonly what: 'cutover' | 'rollback'
  readonly ask: Ask
  readonly steps: readonly string[]
  readonly conditions: (signal: AbortSignal) => Promise<readonly Condition[]>
}

/** Of a migration, as its journal stands. */
export interface Stands {
  readonly journal: SqliteJournal
  readonly name: string
  readonly state: MigrationState
}

/** @throws ShardferryError where it is cut over or complete, nobody follows, or another change is under way */
export function requireCutoverPossible({ journal, name, state }: Stands): void {
  requireNotCutOver(state, name)
  requireRunning(journal, name)
  if (!state.plan || state.cutover.phase !== 'none') throw underWay(name)
}

/** @throws ShardferryError as `requireCutoverPossible`; `state-other` where the clusters are not the plan's */
export function plannedCutover(
  stands: Stands,
  { settings, clusters }: { readonly settings: Pick<Settings, 'copy'>; readonly clusters: Pick<Clusters, 'source' | 'target'> },
  conditions: CutoverConditions,
): PlannedChange {
  requireCutoverPossible(stands)
  const { journal, state } = stands
  const plan = state.plan!
  requireSamePlan(plan, clusters, undefined)
  const tasks = movedTasks(plan).map(task => withAliasesNow(task, state))
  const noBack = settings.copy.followBack ? noWayBack(tasks, clusters.source) : 'it is switched off (--no-follow-back)'
  const backTo = noBack === undefined ? clusters.source : undefined
  return {
    what: 'cutover',
    ask: { what: 'cutover', conditions },
    steps: stepsOf(tasks, noBack),
    conditions: signal => {
      const lag = journal.published()?.progress.total.lag ?? null
      const now = fold(journal.entries())
      const parts = { tasks, state: now, target: clusters.target, backTo, lag, held: now.held, greenWithin: '1s' } as const
      return gate(parts, conditions, signal)
    },
  }
}

/** After a cutover. @throws ShardferryError where nobody follows */
export function plannedRollback({ journal, name, state }: Stands, conditions: RollbackConditions): PlannedChange {
  requireRunning(journal, name)
  const tasks = movedTasks(state.plan!)
  return {
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
      const followed = progress?.phase === 'following-back' ? progress : undefined
      const lag = followed?.total.lag ?? null
      return Promise.resolve([
        fold(journal.entries()).held ? lagHeld(lag) : lagBelow(lag, conditions.maxLagMs),
        straysCondition(followed?.strays),
      ])
    },
  }
}

/** Why a change is not made: the conditions that do not hold. */
export function refused(what: PlannedChange['what'], failing: readonly Condition[]): ShardferryError {
  const done = what === 'cutover' ? 'cut over' : 'rolled back'
  const reasons = failing.map(condition => `${condition.what} (${condition.seen})`).join('; ')
  return new ShardferryError('cutover-refused', `Not ${done}: ${reasons}.`, {
    hint: failing.flatMap(({ remedy }) => remedy ?? []).join('\n'),
  })
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

function namesText(tasks: readonly IndexTask[]): string {
  return tasks.length > 3 ? `${tasks.length} indices` : tasks.map(({ source }) => source).join(', ')
}

/** @throws ShardferryError unless a run follows that can be asked */
export function requireRunning(journal: SqliteJournal, name: string): void {
  if (journal.isHeld()) return
  throw new ShardferryError(
    'state-missing',
    `Migration ${name} is not running; a change of direction is made by the run that follows.`,
    {
      hint: 'Start it in another terminal: shardferry run --follow',
    },
  )
}

export function underWay(name: string): ShardferryError {
  return new ShardferryError(
    'state-held',
    `A change of direction of migration ${name} is under way, asked for from another terminal.`,
    {
      hint: 'Watch it with: shardferry status',
    },
  )
}
