import { realWorld } from '../assemble.ts'
import { Memory } from '../migration/memory.ts'
import { applyStep, undoStep } from '../migration/run-steps.ts'
import type { Side } from '../model/connection.ts'
import type { Finding } from '../model/findings.ts'
import type { Plan } from '../model/plan.ts'
import type { Journal } from '../model/ports.ts'
import { takeInventory } from '../plan/inventory.ts'
import { makePlan } from '../plan/make-plan.ts'
import type { CheckContext } from '../preflight/check.ts'
import { runChecks } from '../preflight/checks.ts'
import type { Settings } from '../settings/settings.ts'
import type { Clusters } from './clusters.ts'

/** The plan that the settings ask for. Reads both clusters, changes neither. */
export async function draftPlan(settings: Settings, clusters: Pick<Clusters, Side>, signal: AbortSignal): Promise<Plan> {
  const inventory = await takeInventory(clusters.source, clusters.target, settings.selection, signal)
  const { intoExisting, versionFrom, readBy, slices, tune, engine, partitionField, deletes, unknownTypes } = settings.copy
  return makePlan(inventory, {
    name: settings.name,
    intoExisting,
    versionFrom,
    readBy,
    tune,
    deletes,
    unknownTypes,
    engine,
    ...(partitionField === undefined ? {} : { partitionField }),
    ...(slices === undefined ? {} : { slices }),
  })
}

/** What the checks are told, but for the plan. */
export function checkContext(settings: Settings, { source, target }: Pick<Clusters, 'source' | 'target'>): CheckContext {
  const { engine, remoteHost } = settings.copy
  return {
    source,
    target,
    connections: settings,
    warnings: settings.warnings,
    stateFolder: settings.stateFolder,
    engine,
    follow: settings.copy.follow,
    ...(remoteHost === undefined ? {} : { remoteHost }),
  }
}

export interface CheckedMigration {
  /** Of the migration, where this process holds it. */
  readonly journal?: Journal | undefined
  /** Target indices that this migration has made already. */
  readonly created?: ReadonlySet<string>
}

/** Every check of what a run of the plan needs. */
export async function checkPlan(
  plan: Plan,
  settings: Settings,
  clusters: Pick<Clusters, Side>,
  { journal, created }: CheckedMigration,
  signal: AbortSignal,
): Promise<Finding[]> {
  const context = {
    ...checkContext(settings, clusters),
    plan,
    ...(created ? { created } : {}),
    ...(journal ? { steps: stepsIn(journal) } : {}),
  }
  return await runChecks(context, signal)
}

function stepsIn(journal: Journal): NonNullable<CheckContext['steps']> {
  const memory = new Memory(journal)
  const world = realWorld(process.env)
  return {
    apply: (step, signal) => applyStep(step, memory, world, signal),
    undo: (step, signal) => undoStep(step, memory, world, signal),
  }
}
