import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, assembleComparison, backFolder, comparisonFolder, realWorld, thisProcess } from '../assemble.ts'
import type { ComparisonParts } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { runVerification } from '../migration/run-verification.ts'
import type { Comparison } from '../migration/run-verification.ts'
import type { Verified } from '../model/entries.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { IndexTask, Plan } from '../model/plan.ts'
import type { Journal } from '../model/ports.ts'
import type { CompareUpTo, IndexComparison, Verification } from '../model/verification.ts'
import { selectIndices } from '../plan/select.ts'
import type { Settings } from '../settings/settings.ts'
import type { CompareOptions } from '../verify/compare-index.ts'
import type { AskedQuery } from '../verify/query-file.ts'
import type { Clusters } from './clusters.ts'
import { changedOver, isFollowedBack } from './compared-way.ts'
import { draftPlan } from './draft.ts'
import { requireSamePlan } from './hold-and-plan.ts'
import { requireNotCutOver } from './require-forward.ts'
import { whileHolding } from './while-holding.ts'

export interface AskedComparison extends CompareOptions {
  readonly upTo: CompareUpTo
  readonly repair: boolean
  readonly dryRun: boolean
  readonly deleteExtraAnywhere: boolean
}

export interface CompareParts {
  readonly settings: Settings
  readonly clusters: Pick<Clusters, 'source' | 'target'>
  /** The migration's own; there need not be a migration in it. */
  readonly folder: string
  readonly queries: readonly AskedQuery[]
  /** Runs it under the eyes of somebody; the signal that it is given stops it. */
  readonly watch: (comparison: Comparison, run: (stopped: AbortSignal) => Promise<Verification>) => Promise<Verification>
}

/**
 * Compares both clusters, and repairs what differs where that is asked for; the report is kept in the comparison's folder,
 * and the journal of the migration knows how its indices were found.
 */
export async function compareAndRepair(parts: CompareParts, asked: AskedComparison, signal: AbortSignal): Promise<Verification> {
  requireComparable(asked)
  const { folder } = parts
  using migration = existsSync(join(folder, 'journal.db')) ? SqliteJournal.open(folder) : undefined
  const writes = asked.repair && !asked.dryRun
  if (writes && migration) requireNotCutOver(fold(migration.entries()), 'a repair')
  // A repair writes as the migration does, so the two never run at once; a comparison only reads, and only one may keep its sums here.
  using own = SqliteJournal.open(comparisonFolder(folder))
  holdComparison(own)
  const state = migration && fold(migration.entries())
  using back = state && isFollowedBack(state) ? SqliteJournal.open(backFolder(folder)) : undefined
  const act = (): Promise<Verification> => compare({ ...parts, state, journal: migration ?? own, back }, asked, signal)
  return writes && migration ? await whileHolding(migration, act) : await act()
}

/** @throws ShardferryError `usage` */
export function requireComparable({ repair, dryRun, deleteExtraAnywhere, level }: AskedComparison): void {
  if (repair && level === 'counts')
    throw new ShardferryError('usage', 'Numbers of documents do not tell which ones to repair.', {
      hint: 'Use --level full (the default) or --level ids with --repair.',
    })
  if (!repair && (dryRun || deleteExtraAnywhere))
    throw new ShardferryError('usage', '--dry-run and --delete-extra-anywhere say how to repair.', { hint: 'Add --repair.' })
}

interface Comparing extends CompareParts {
  /** Of the migration that moved the indices, where there is one. */
  readonly state: MigrationState | undefined
  readonly journal: Journal
  /** Of the way back, once that is the way in which things are carried over. */
  readonly back: SqliteJournal | undefined
}

async function compare(
  { settings, clusters, folder, queries, watch, state, journal, back }: Comparing,
  { level, form, maxDifferences, upTo, repair, dryRun, deleteExtraAnywhere }: AskedComparison,
  signal: AbortSignal,
): Promise<Verification> {
  const { plan, tasks } = await whatToCompare(settings, clusters, state, signal)
  const { source, target } = clusters
  const there = { plan, tasks, source, target, state, ...(state ? { stateNow: () => fold(journal.entries()) } : {}), folder }
  const parts: ComparisonParts = {
    ...(back ? changedOver(there, back) : there),
    copy: settings.copy,
    upTo,
    queries,
    world: realWorld(process.env),
    options: { level, form, maxDifferences },
  }
  const comparison = await assembleComparison(parts, signal)
  const repairing = repair
    ? {
        dryRun,
        deleteExtraAnywhere,
        migration: assemble({ ...parts, plan: { ...parts.plan, indices: parts.tasks }, journal: back ?? journal }),
      }
    : undefined
  const compared = await watch(comparison, stopped => runVerification(comparison, repairing, AbortSignal.any([signal, stopped])))
  // Where nobody follows the target, the source says nothing of it any more.
  const known = back ?? (state?.plan && state.cutover.phase === 'none' ? journal : undefined)
  known?.append({ type: 'verified', indices: compared.indices.map(verifiedOf) })
  writeFileSync(join(comparison.parts.kept.folder, 'report.json'), `${JSON.stringify(compared, undefined, 2)}\n`)
  return compared
}

function verifiedOf({ index, verdict, level, checkpoints }: IndexComparison): Verified {
  return { index, equal: verdict !== 'differs', level, shards: checkpoints }
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
  clusters: Pick<Clusters, 'source' | 'target'>,
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
