import { migrationFolder } from '../../assemble.ts'
import { mayPlanAnew } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import type { Plan } from '../../model/plan.ts'
import type { Settings } from '../../settings/settings.ts'
import { holdAndPlan, planToGoOnWith, requireSamePlan } from '../../operate/hold-and-plan.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { migrate } from '../migrate.ts'
import { print } from '../output.ts'
import { checkedPlan, showPlan } from '../planning.ts'

export interface CopyOptions {
  readonly json: boolean
  readonly dryRun: boolean
}

/** `shardferry copy`: check, plan and run in one go; the same command again resumes, or catches up. Gives the exit code. */
export async function copy(settings: Settings, { json, dryRun }: CopyOptions, signal: AbortSignal): Promise<number> {
  await using clusters = await connectBoth(settings, signal)
  const folder = migrationFolder(settings.stateFolder, settings.name)
  const goOn = (known: Plan): void => {
    requireSamePlan(known, clusters, settings.selection)
    if (!json) print(`Going on with migration ${known.name}, planned ${known.createdAt}.`)
  }
  const anew = (state: MigrationState): boolean => mayPlanAnew(state) && state.created.size === 0
  if (dryRun) {
    const known = planToGoOnWith(folder, anew)
    if (known) goOn(known)
    showPlan(known ?? (await checkedPlan(settings, clusters, { json }, signal)), json)
    if (!json) print('Dry run: nothing was changed.')
    return 0
  }
  using journal = SqliteJournal.open(folder)
  await holdAndPlan(
    journal,
    goOn,
    async () => {
      const plan = await checkedPlan(settings, clusters, { json, journal }, signal)
      showPlan(plan, json)
      return plan
    },
    anew,
  )
  return await migrate({ settings, clusters, journal, folder, json, signal })
}
