import { readFileSync } from 'node:fs'
import { ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Clusters } from '../operate/clusters.ts'
import { checkPlan, draftPlan } from '../operate/draft.ts'
import type { CheckedMigration } from '../operate/draft.ts'
import { parsePlan } from '../plan/plan-file.ts'
import { refuseUnlessRunnable } from '../plan/require-ok.ts'
import { requireNoErrors } from '../preflight/checks.ts'
import type { Settings } from '../settings/settings.ts'
import { emit, lookOf, print } from './output.ts'
import { findingEvent } from './view/json-view.ts'
import { findingsText } from './view/findings-text.ts'
import { planText } from './view/plan-text.ts'

/** Documents a second to reckon with before any was moved; a guess, said to be one. */
const guessedDocsPerSecond = 25_000

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

export interface ShowOptions extends CheckedMigration {
  readonly json: boolean
}

export async function showChecks(
  plan: Plan,
  settings: Settings,
  clusters: Clusters,
  { json, ...checked }: ShowOptions,
  signal: AbortSignal,
): Promise<void> {
  const findings = await checkPlan(plan, settings, clusters, checked, signal)
  const shown = findings.filter(finding => finding.severity !== 'ok' && finding.severity !== 'info')
  if (json) for (const finding of shown) emit(findingEvent(finding, Date.now()))
  else if (shown.length > 0) print(findingsText(shown, lookOf(process.stdout)))
  requireNoErrors(findings)
}

export function showPlan(plan: Plan, json: boolean): void {
  if (json) emit({ event: 'plan', at: new Date().toISOString(), plan })
  else print(planText(plan, { ...lookOf(process.stdout), docsPerSecond: guessedDocsPerSecond }))
}
