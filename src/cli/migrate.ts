import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { assemble, realWorld, thisProcess } from '../assemble.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import { endedBy } from '../migration/ended-by.ts'
import { runMigration } from '../migration/run-migration.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Selection } from '../model/selection.ts'
import type { Settings } from '../settings/settings.ts'
import { emit, exitCodeOf, lookOf, print } from './output.ts'
import { paced } from './paced.ts'
import { requireSameCluster } from './session.ts'
import type { Clusters } from './session.ts'
import { chooseView } from './view/choose-view.ts'
import { reportEvent } from './view/json-view.ts'
import { reportText } from './view/report-text.ts'

export interface Run {
  readonly settings: Settings
  readonly clusters: Clusters
  readonly journal: SqliteJournal
  readonly folder: string
  readonly json: boolean
  readonly signal: AbortSignal
}

/** How often the view is drawn, and how often `status` in another terminal sees something new. */
const drawEveryMs = 200
const publishEveryMs = 1_000

/**
 * Makes this process the one that runs the migration, and only then its plan, where it has none yet: whoever starts the
 * same one meanwhile is told who holds it.
 * @param goOn is given the plan that is journaled already @param make gives the plan of a migration that begins
 * @param anew whether a plan takes the place of the journaled one
 * @throws ShardferryError `state-held`, and whatever the two throw
 */
export async function holdAndPlan(
  journal: SqliteJournal,
  goOn: (known: Plan) => void | Promise<void>,
  make: (state: MigrationState) => Promise<Plan>,
  anew: (state: MigrationState) => boolean,
): Promise<void> {
  journal.lock(thisProcess())
  const state = fold(journal.entries())
  if (state.plan && !anew(state)) {
    requireNotCompleted(state.plan, state)
    return await goOn(state.plan)
  }
  try {
    journal.append({ type: 'planned', plan: await make(state) })
  } catch (thrown) {
    if (state.plan) throw thrown
    for (const entry of endedBy(asShardferryError(thrown))) journal.append(entry)
    throw thrown
  }
}

/** The plan that a run of this migration would go on with, for a dry run: nothing is held or written. @throws as `holdAndPlan` */
export function planToGoOnWith(folder: string, anew: (state: MigrationState) => boolean): Plan | undefined {
  if (!existsSync(join(folder, 'journal.db'))) return undefined
  using journal = SqliteJournal.open(folder)
  const state = fold(journal.entries())
  if (!state.plan || anew(state)) return undefined
  requireNotCompleted(state.plan, state)
  return state.plan
}

/** Once it is finished and completed, its target is in use: what applications have written there must not be written over. */
function requireNotCompleted({ name }: Plan, { outcome, report }: MigrationState): void {
  if (outcome?.kind !== 'completed' || report === undefined) return
  throw new ShardferryError('state-other', `Migration ${name} is finished and complete; its target may be in use.`, {
    hint: 'To move the same indices again, give another --name, and --rename or --into-existing for those that are on the target.',
  })
}

/** Runs or resumes the journaled migration with a live view, shows its report, and gives the exit code. */
export async function migrate({ settings, clusters, journal, folder, json, signal }: Run): Promise<number> {
  journal.hold(thisProcess())
  const { plan } = fold(journal.entries())
  if (!plan) throw new ShardferryError('internal', 'The journal has no plan.')
  const world = realWorld(process.env)
  world.reached('plan-journaled')
  using backs = new DisposableStack()
  const migration = assemble({
    plan,
    copy: settings.copy,
    source: clusters.source,
    target: clusters.target,
    sourceAccess: settings.source,
    journal,
    openBack: own => backs.use(SqliteJournal.open(own)),
    folder,
    world,
  })
  const view = chooseView({ stream: process.stdout, json, term: process.env['TERM'], now: () => world.now() })
  let publishedAtMs = 0
  const show = (): void => {
    const { tally, memory } = migration.shown.current ?? migration
    const progress = tally.snapshot(memory.state)
    view.draw(progress)
    if (world.now() - publishedAtMs < publishEveryMs && progress.phase !== 'done') return
    publishedAtMs = world.now()
    journal.publish(progress)
  }
  if (!json) print('')
  view.start()
  // A state folder that can no longer be written stops the run: what cannot be remembered must not go on.
  const broken = new AbortController()
  const showInPassing = paced(show, () => world.now())
  const timer = setInterval(() => {
    try {
      showInPassing()
    } catch (thrown) {
      broken.abort(asShardferryError(thrown))
    }
  }, drawEveryMs)
  try {
    const report = await runMigration(migration, AbortSignal.any([signal, broken.signal]))
    show()
    view.stop()
    writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
    writeFileSync(join(folder, 'report.txt'), `${reportText(report, { colour: false, columns: 120 })}\n`)
    if (json) emit(reportEvent(report, Date.now()))
    else print(`\n${reportText(report, lookOf(process.stdout))}\n\nReport: ${join(folder, 'report.json')}`)
    return exitCodeOf(report)
  } finally {
    clearInterval(timer)
    view.stop()
  }
}

/** A journaled plan must be for these clusters and this selection: settings that changed since are not silently ignored. */
export function requireSamePlan(plan: Plan, clusters: Clusters, selection: Selection | undefined): void {
  for (const cluster of [clusters.source, clusters.target]) requireSameCluster(plan, cluster)
  const differs = selection && selectionDiffers(plan, selection)
  if (differs)
    throw new ShardferryError('state-other', `Migration ${plan.name} was planned ${differs}.`, {
      hint: 'Give the same selection to go on with it, or start another migration with --name.',
    })
}

/** What of a selection is not as it was planned; what is not given is not asked for. */
function selectionDiffers(plan: Plan, { patterns, rename, renames, filters, query }: Selection): string | undefined {
  if (patterns.join(',') !== plan.patterns.join(','))
    return `for --index '${plan.patterns.join(',')}', not '${patterns.join(',')}'`
  for (const task of plan.indices) {
    if (task.action === 'skip' || task.action === 'refuse') continue
    const name = renames[task.source] ?? rename?.replaceAll('{index}', () => task.source)
    if (name !== undefined && name !== task.target) return `to move ${task.source} to ${task.target}, not to ${name}`
    const filter = filters[task.source] ?? query
    if (filter !== undefined && !isDeepStrictEqual(filter, task.query)) return `with another query for ${task.source}`
  }
  return undefined
}
