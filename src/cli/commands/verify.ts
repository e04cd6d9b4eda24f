import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, assembleComparison, comparisonFolder, migrationFolder, realWorld, thisProcess } from '../../assemble.ts'
import type { ComparisonParts } from '../../assemble.ts'
import { fold } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import { remainingFile, runVerification } from '../../migration/run-verification.ts'
import type { Comparison } from '../../migration/run-verification.ts'
import type { Verified } from '../../model/entries.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { IndexTask, Plan } from '../../model/plan.ts'
import type { Journal } from '../../model/ports.ts'
import type { CompareUpTo, IndexComparison, Verification } from '../../model/verification.ts'
import { selectIndices } from '../../plan/select.ts'
import type { Settings } from '../../settings/settings.ts'
import type { CompareOptions } from '../../verify/compare-index.ts'
import { differencesFile } from '../../verify/keep.ts'
import { readQueryFile } from '../../verify/query-file.ts'
import type { AskedQuery } from '../../verify/query-file.ts'
import { requireSamePlan } from '../../operate/hold-and-plan.ts'
import { requireNotCutOver } from '../../operate/require-forward.ts'
import { draftPlan } from '../../operate/draft.ts'
import { connectBoth } from '../../operate/clusters.ts'
import type { Clusters } from '../../operate/clusters.ts'
import { whileHolding } from '../../operate/while-holding.ts'
import { emit, lookOf, print, verifyExitCode } from '../output.ts'
import { comparedName } from '../session.ts'
import { watched } from '../watched.ts'
import { verificationText } from '../view/verification-text.ts'

export interface VerifyOptions extends CompareOptions {
  readonly upTo: CompareUpTo
  readonly queries: string | undefined
  readonly repair: boolean
  readonly dryRun: boolean
  readonly deleteExtraAnywhere: boolean
  readonly json: boolean
}

/** `shardferry verify`: compares both clusters, and repairs what differs where that is asked for. Gives the exit code. */
export async function verify(settings: Settings, options: VerifyOptions, signal: AbortSignal): Promise<number> {
  if (options.repair && options.level === 'counts')
    throw new ShardferryError('usage', 'Numbers of documents do not tell which ones to repair.', {
      hint: 'Use --level full (the default) or --level ids with --repair.',
    })
  if (!options.repair && (options.dryRun || options.deleteExtraAnywhere))
    throw new ShardferryError('usage', '--dry-run and --delete-extra-anywhere say how to repair.', { hint: 'Add --repair.' })
  const queries = options.queries === undefined ? [] : readQueryFile(options.queries)
  await using clusters = await connectBoth(settings, signal)
  const folder = migrationFolder(settings.stateFolder, comparedName(settings, clusters))
  using migration = existsSync(join(folder, 'journal.db')) ? SqliteJournal.open(folder) : undefined
  const writes = options.repair && !options.dryRun
  if (writes && migration) requireNotCutOver(fold(migration.entries()), 'a repair')
  // A repair writes as the migration does, so the two never run at once; a comparison only reads, and only one may keep its sums here.
  using own = SqliteJournal.open(comparisonFolder(folder))
  holdComparison(own)
  const state = migration && fold(migration.entries())
  const act = (): Promise<number> =>
    compareAndRepair({ settings, clusters, state, folder, queries, journal: migration ?? own }, options, signal)
  return writes && migration ? await whileHolding(migration, act) : await act()
}

interface Comparing {
  readonly settings: Settings
  readonly clusters: Clusters
  /** Of the migration that moved the indices, where there is one. */
  readonly state: MigrationState | undefined
  readonly folder: string
  readonly queries: readonly AskedQuery[]
  readonly journal: Journal
}

async function compareAndRepair(
  { settings, clusters, state, folder, queries, journal }: Comparing,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<number> {
  const { plan, tasks } = await whatToCompare(settings, clusters, state, signal)
  const world = realWorld(process.env)
  const parts: ComparisonParts = {
    plan,
    tasks,
    copy: settings.copy,
    ...clusters,
    state,
    ...(state ? { stateNow: () => fold(journal.entries()) } : {}),
    folder,
    upTo: options.upTo,
    queries,
    world,
    options: optionsOf(options),
  }
  const comparison = await assembleComparison(parts, signal)
  const repairing = options.repair
    ? {
        dryRun: options.dryRun,
        deleteExtraAnywhere: options.deleteExtraAnywhere,
        migration: assemble({ ...parts, plan: { ...plan, indices: tasks }, journal }),
      }
    : undefined
  if (!options.json && comparison.parts.kept.resumed) print('Going on with the comparison that was under way.')
  const compared = await watched(comparison.parts.meter, options.json, running =>
    runVerification(comparison, repairing, AbortSignal.any([signal, running])),
  )
  // Once applications use the target, it is the source that may be behind.
  if (state?.plan && state.cutover.phase === 'none')
    journal.append({ type: 'verified', indices: compared.indices.map(verifiedOf) })
  show(compared, comparison, options)
  return verifyExitCode(compared.verdict)
}

function verifiedOf({ index, verdict, level, checkpoints }: IndexComparison): Verified {
  return { index, equal: verdict !== 'differs', level, shards: checkpoints }
}

function optionsOf({ level, form, maxDifferences }: VerifyOptions): CompareOptions {
  return { level, form, maxDifferences }
}

function holdComparison(own: SqliteJournal): void {
  try {
    own.hold(thisProcess())
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code !== 'state-held') throw error
    throw new ShardferryError(
      'state-held',
      error.message.replace('This migration is being run', 'This migration is being verified'),
      {
        cause: error,
        hint: 'Wait until that verification is over, or stop it there with Ctrl-C: the same command goes on where it stopped.',
      },
    )
  }
}

/** The indices of the migration's plan, or, where there is no migration of that name, what the settings select. */
async function whatToCompare(
  settings: Settings,
  clusters: Clusters,
  state: MigrationState | undefined,
  signal: AbortSignal,
): Promise<{ plan: Plan; tasks: readonly IndexTask[] }> {
  if (!state?.plan) {
    const copy = { ...settings.copy, intoExisting: true }
    const plan = await draftPlan({ ...settings, copy }, clusters, signal)
    return { plan, tasks: plan.indices }
  }
  const { plan } = state
  requireSamePlan(plan, clusters, undefined)
  const moved = plan.indices.filter(task => task.action === 'create' || task.action === 'into-existing')
  return { plan, tasks: chosen(moved, plan, settings) }
}

function chosen(tasks: readonly IndexTask[], plan: Plan, { selection }: Settings): readonly IndexTask[] {
  const { patterns } = selection
  if (patterns.join(',') === plan.patterns.join(',') || patterns.join(',') === '*') return tasks
  const indices = tasks.map(task => ({ name: task.source, open: true, hidden: false }))
  const names = new Set(selectIndices({ indices, aliases: [], dataStreams: [] }, patterns, true).indices.map(({ name }) => name))
  return tasks.filter(task => names.has(task.source))
}

function show(report: Verification, { parts: { kept } }: Comparison, options: VerifyOptions): void {
  const file = (name: string): string => join(kept.folder, name)
  writeFileSync(file('report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  writeFileSync(file('report.txt'), `${verificationText(report, { colour: false, columns: 120 })}\n`)
  if (options.json) return emit({ event: 'verification', at: new Date().toISOString(), ...report })
  const differences = report.repair && !report.repair.dryRun ? [differencesFile, remainingFile] : [differencesFile]
  print(`\n${verificationText(report, lookOf(process.stdout))}\n`)
  print(`Report: ${file('report.json')}\nDifferences: ${differences.map(file).join(', ')}`)
}
