import { existsSync, writeFileSync } from 'node:fs'
import { ShardferryError } from '../../model/errors.ts'
import { writePlan } from '../../plan/plan-file.ts'
import { refuseUnlessRunnable } from '../../plan/require-ok.ts'
import type { Settings } from '../../settings/settings.ts'
import { draftPlan } from '../../operate/draft.ts'
import { connectBoth } from '../../operate/clusters.ts'
import { print } from '../output.ts'
import { showPlan } from '../planning.ts'

export interface PlanCommandOptions {
  /** File to write, `-` for standard output; undefined: only print. */
  readonly out: string | undefined
  readonly force: boolean
  readonly json: boolean
}

/**
 * `shardferry plan`: writes what would be done into a file to read and edit. Both clusters stay as they are.
 * @throws ShardferryError what a run of the plan as it stands would end with, after the plan is shown and written
 */
export async function plan(settings: Settings, { out, force, json }: PlanCommandOptions, signal: AbortSignal): Promise<number> {
  if (out !== undefined && out !== '-' && existsSync(out) && !force) {
    throw new ShardferryError('usage', `${out} exists already.`, {
      hint: 'Choose another with --out FILE, or replace it with --force.',
    })
  }
  await using clusters = await connectBoth(settings, signal)
  const drafted = await draftPlan(settings, clusters, signal)
  if (out === '-') print(writePlan(drafted))
  else showPlan(drafted, json)
  if (out !== undefined && out !== '-') {
    writeFileSync(out, writePlan(drafted))
    if (!json)
      print(`\nWritten to ${out}. Read it, edit it, then run it with the same addresses, users and CAs: shardferry run ${out}`)
  }
  refuseUnlessRunnable(drafted)
  return 0
}
