import { readFileSync } from 'node:fs'
import { realWorld } from '../assemble.ts'
import { Memory } from '../migration/memory.ts'
import { applyStep, undoStep } from '../migration/run-steps.ts'
import { ShardferryError } from '../model/errors.ts'
import { makePlan } from '../plan/make-plan.ts'
import { parsePlan } from '../plan/plan-file.ts'
import { takeInventory } from '../plan/inventory.ts'
import { refuseUnlessRunnable } from '../plan/require-ok.ts'
import type { Side } from '../model/connection.ts'
import type { Plan } from '../model/plan.ts'
import type { Journal } from '../model/ports.ts'
import type { CheckContext } from '../preflight/check.ts'
import { requireNoErrors, runChecks } from '../preflight/checks.ts'
import type { Settings } from '../settings/settings.ts'
import { emit, lookOf, print } from './output.ts'
import type { Clusters } from './session.ts'
import { findingEvent } from './view/json-view.ts'
import { findingsText } from './view/findings-text.ts'
import { planText } from './view/plan-text.ts'

/** Documents a second to reckon with before any was moved; a guess, said to be one. */
const guessedDocsPerSecond = 25_000

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

/** @throws ShardferryError `plan-invalid` */
export function readPlanFile(file: string): Plan {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ShardferryError('plan-invalid', `The plan ${file} cannot be read.`, {
      cause,
      hint: 'Make one with: shardferry plan --out FILE',
    })
  }
  return parsePlan(text, file)
}

/** The plan, after every check has passed; warnings are shown. @throws ShardferryError of the worst finding or refusal */
export async function checkedPlan(
  settings: Settings,
  clusters: Clusters,
  { json, journal }: ShowOptions,
  signal: AbortSignal,
): Promise<Plan> {
  const plan = await draftPlan(settings, clusters, signal)
  await showChecks(plan, settings, clusters, { json, journal }, signal)
  refuseUnlessRunnable(plan)
  return plan
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

export interface ShowOptions {
  readonly json: boolean
  /** Of the migration, where this process holds it. */
  readonly journal?: Journal | undefined
  /** Target indices that this migration has made already. */
  readonly created?: ReadonlySet<string>
}

export async function showChecks(
  plan: Plan,
  settings: Settings,
  clusters: Clusters,
  { json, journal, created }: ShowOptions,
  signal: AbortSignal,
): Promise<void> {
  const context = {
    ...checkContext(settings, clusters),
    plan,
    ...(created ? { created } : {}),
    ...(journal ? { steps: stepsIn(journal) } : {}),
  }
  const findings = await runChecks(context, signal)
  const shown = findings.filter(finding => finding.severity !== 'ok' && finding.severity !== 'info')
  if (json) for (const finding of shown) emit(findingEvent(finding, Date.now()))
  else if (shown.length > 0) print(findingsText(shown, lookOf(process.stdout)))
  requireNoErrors(findings)
}

function stepsIn(journal: Journal): NonNullable<CheckContext['steps']> {
  const memory = new Memory(journal)
  const world = realWorld(process.env)
  return {
    apply: (step, signal) => applyStep(step, memory, world, signal),
    undo: (step, signal) => undoStep(step, memory, world, signal),
  }
}

export function showPlan(plan: Plan, json: boolean): void {
  if (json) emit({ event: 'plan', at: new Date().toISOString(), plan })
  else print(planText(plan, { ...lookOf(process.stdout), docsPerSecond: guessedDocsPerSecond }))
}
