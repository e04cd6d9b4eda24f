import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, realWorld, thisProcess } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { runMigration } from '../migration/run-migration.ts'
import { paced } from './paced.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Progress } from '../model/progress.ts'
import type { Report } from '../model/report.ts'
import type { Settings } from '../settings/settings.ts'
import type { Clusters } from './clusters.ts'

export interface Run {
  readonly settings: Settings
  readonly clusters: Pick<Clusters, 'source' | 'target'>
  readonly journal: SqliteJournal
  /** The migration's own. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** How often it is shown, and how often `status` in another terminal sees something new. */
const showEveryMs = 200
const publishEveryMs = 1_000

/**
 * Runs or resumes the journaled migration to its account, which is kept in its folder too.
 * @param show is told how it stands a few times a second, and at the end @throws as `runMigration`
 */
export async function runJournaled(
  { settings, clusters, journal, folder, signal }: Run,
  show: (progress: Progress) => void = () => undefined,
): Promise<Report> {
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
  let publishedAtMs = 0
  const tell = (): void => {
    const { tally, memory } = migration.shown.current ?? migration
    const progress = tally.snapshot(memory.state)
    show(progress)
    if (world.now() - publishedAtMs < publishEveryMs && progress.phase !== 'done') return
    publishedAtMs = world.now()
    journal.publish(progress)
  }
  // A state folder that can no longer be written stops the run: what cannot be remembered must not go on.
  const broken = new AbortController()
  const tellInPassing = paced(tell, () => world.now())
  const timer = setInterval(() => {
    try {
      tellInPassing()
    } catch (thrown) {
      broken.abort(asShardferryError(thrown))
    }
  }, showEveryMs)
  try {
    const report = await runMigration(migration, AbortSignal.any([signal, broken.signal]))
    tell()
    writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
    return report
  } finally {
    clearInterval(timer)
  }
}
