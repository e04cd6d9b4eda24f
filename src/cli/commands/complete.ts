import { assemble, realWorld, thisProcess } from '../../assemble.ts'
import { fold } from '../../journal/fold.ts'
import { complete as completeMigration } from '../../migration/complete.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Settings } from '../../settings/settings.ts'
import { requireSamePlan } from '../migrate.ts'
import { print } from '../output.ts'
import { connectBoth, openKnownJournal } from '../session.ts'

/** `shardferry complete`: restores every setting that was tuned, also after a crash. `--dry-run` only tells. */
export async function complete(
  settings: Settings,
  { dryRun }: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<number> {
  const { journal, folder, name } = openKnownJournal(settings.stateFolder, settings.name)
  using open = journal
  const { plan, steps } = fold(open.entries())
  if (!plan) throw new ShardferryError('state-missing', `Migration ${name} has no plan yet.`)
  const left = [...steps].filter(([id, step]) => id.startsWith('tune-index/') && step.phase !== 'undone').map(([id]) => id)
  if (dryRun) {
    for (const id of left) print(`would restore ${id.replace('tune-index/', 'the settings of ')}`)
    print(left.length === 0 ? 'Nothing is left to restore.' : 'Dry run: nothing was changed.')
    return 0
  }
  await using clusters = await connectBoth(settings, signal)
  requireSamePlan(plan, clusters, undefined)
  open.hold(thisProcess())
  const m = assemble({
    plan,
    copy: settings.copy,
    source: clusters.source,
    target: clusters.target,
    sourceAccess: settings.source,
    journal: open,
    folder,
    world: realWorld(process.env),
  })
  const restored = await completeMigration(m, signal)
  for (const line of restored) print(`restored: ${line}`)
  print(`Migration ${name} is complete. What was copied stays; the journal stays in ${folder}.`)
  return 0
}
