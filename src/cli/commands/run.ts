import { isDeepStrictEqual } from 'node:util'
import { migrationFolder } from '../../assemble.ts'
import { mayPlanAnew } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask, Plan } from '../../model/plan.ts'
import { refuseUnlessRunnable } from '../../plan/require-ok.ts'
import type { Settings } from '../../settings/settings.ts'
import { holdAndPlan, planToGoOnWith, requireSamePlan } from '../../operate/hold-and-plan.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { migrate } from '../migrate.ts'
import { print } from '../output.ts'
import { checkedPlan, readPlanFile, showChecks, showPlan } from '../planning.ts'

export interface RunOptions {
  readonly file: string | undefined
  readonly json: boolean
  readonly dryRun: boolean
}

/** `shardferry run [PLAN]`: starts the plan, or resumes the migration it became. */
export async function run(settings: Settings, { file, json, dryRun }: RunOptions, signal: AbortSignal): Promise<number> {
  const given = file === undefined ? undefined : readPlanFile(file)
  const name = given?.name ?? settings.name
  await using clusters = await connectBoth(settings, signal)
  const folder = migrationFolder(settings.stateFolder, name)
  const goOn = (known: Plan): void => {
    requireSamePlan(known, clusters, given ? undefined : settings.selection)
    if (given && !isDeepStrictEqual(asRead(known), asRead(given))) throw otherPlan(name)
    if (!json) print(`Going on with migration ${name}, planned ${known.createdAt}.`)
  }
  const anew = (state: MigrationState): boolean => given !== undefined && mayPlanAnew(state) && keepsCreated(given, state)
  if (dryRun) {
    const known = planToGoOnWith(folder, anew)
    if (known) goOn(known)
    showPlan(known ?? given ?? (await checkedPlan(settings, clusters, { json }, signal)), json)
    if (given && !known) {
      refuseUnlessRunnable(given)
      await showChecks(given, settings, clusters, { json }, signal)
    }
    if (!json) print('Dry run: nothing was changed.')
    return 0
  }
  using journal = SqliteJournal.open(folder)
  await holdAndPlan(
    journal,
    goOn,
    async state => {
      const plan = given ?? (await checkedPlan(settings, clusters, { json, journal }, signal))
      requireSamePlan(plan, clusters, undefined)
      if (given) {
        refuseUnlessRunnable(given)
        const made = given.indices.filter(({ source }) => state.created.has(source)).map(({ target }) => target)
        await showChecks(given, settings, clusters, { json, journal, created: new Set(made) }, signal)
      }
      return plan
    },
    anew,
  )
  return await migrate({ settings, clusters, journal, folder, json, signal })
}

/** Whether a plan says of the indices that were made already what the journaled one said. */
function keepsCreated(given: Plan, { plan, created }: MigrationState): boolean {
  const task = (of: Plan | undefined, source: string): unknown => asRead(of?.indices.find(task => task.source === source))
  return [...created.keys()].every(source => isDeepStrictEqual(task(plan, source), task(given, source)))
}

/** Two plans are the same when they say the same, whatever the order of keys. */
function asRead(value: Plan | IndexTask | undefined): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}

function otherPlan(name: string): ShardferryError {
  return new ShardferryError('state-other', `Migration ${name} was started with another plan than this file holds now.`, {
    hint: 'Resume it without a file: shardferry run --name ' + name + ' . To run the edited plan, give it another name.',
  })
}
