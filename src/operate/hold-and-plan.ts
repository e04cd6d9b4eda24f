import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { thisProcess } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { endedBy } from '../migration/ended-by.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Selection } from '../model/selection.ts'
import { targetName } from '../plan/rename.ts'
import { requireSameCluster } from './clusters.ts'
import type { Clusters } from './clusters.ts'

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
function requireNotCompleted({ name }: Plan, { outcome, report, reindex }: MigrationState): void {
  if (reindex)
    throw new ShardferryError('state-other', `Migration ${name} is a request to the Reindex API, which carries it out itself.`, {
      hint: 'Start the server again, and it goes on: shardferry serve.',
    })
  if (outcome?.kind !== 'completed' || report === undefined) return
  throw new ShardferryError('state-other', `Migration ${name} is finished and complete; its target may be in use.`, {
    hint: 'To move the same indices again, give another --name, and --rename or --into-existing for those that are on the target.',
  })
}

/** A journaled plan must be for these clusters and this selection: settings that changed since are not silently ignored. */
export function requireSamePlan(
  plan: Plan,
  clusters: Pick<Clusters, 'source' | 'target'>,
  selection: Selection | undefined,
): void {
  for (const cluster of [clusters.source, clusters.target]) requireSameCluster(plan, cluster)
  const differs = selection && selectionDiffers(plan, selection)
  if (differs)
    throw new ShardferryError('state-other', `Migration ${plan.name} was planned ${differs}.`, {
      hint: 'Give the same selection to go on with it, or start another migration with --name.',
    })
}

/** What of a selection is not as it was planned; what is not given is not asked for. */
function selectionDiffers(plan: Plan, selection: Selection): string | undefined {
  const { patterns, rename, renames, filters, query } = selection
  if (patterns.join(',') !== plan.patterns.join(','))
    return `for --index '${plan.patterns.join(',')}', not '${patterns.join(',')}'`
  for (const task of plan.indices) {
    if (task.action === 'skip' || task.action === 'refuse') continue
    // Backing indices get their names by the data stream's.
    const given = task.dataStream === undefined ? rename?.replaceAll('{index}', () => task.source) : undefined
    const name = renames[task.source] ?? given
    if (name !== undefined && name !== task.target) return `to move ${task.source} to ${task.target}, not to ${name}`
    const filter = filters[task.source] ?? query
    if (filter !== undefined && !isDeepStrictEqual(filter, task.query)) return `with another query for ${task.source}`
  }
  for (const stream of plan.dataStreams ?? []) {
    const name = targetName(stream.source, selection)
    if (name !== stream.target) return `to move data stream ${stream.source} to ${stream.target}, not to ${name}`
  }
  return undefined
}
