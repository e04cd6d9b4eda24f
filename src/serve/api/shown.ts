import type { z } from '@hono/zod-openapi'
import type { Plan, PlannedCluster } from '../../model/plan.ts'
import { movedTasks } from '../../model/plan.ts'
import { stateOf } from '../../operate/state.ts'
import type { Watched } from '../watch/watched.ts'
import type { clusterSchema, migrationSchema, summarySchema } from './schemas.ts'

export type Summary = z.infer<typeof summarySchema>
export type ShownMigration = z.infer<typeof migrationSchema>

/** A migration as lists show it. @param here whether this server runs it */
export function summaryOf(watched: Watched, here: boolean): Summary {
  const { state, held, progress, name, version } = watched
  const { plan, outcome, startedAtMs } = state
  return {
    name,
    state: stateOf(state, held, progress),
    version,
    startedAt: startedAtMs === undefined ? null : new Date(startedAtMs).toISOString(),
    source: plan ? clusterOf(plan.source) : null,
    target: plan ? clusterOf(plan.target) : null,
    indices: plan ? movedTasks(plan).length : 0,
    here,
    phase: progress?.phase ?? null,
    read: progress?.total.counts.read ?? 0,
    expectedDocs: progress?.total.expectedDocs ?? estimated(plan),
    setAside: progress?.total.counts.setAside ?? 0,
    docsPerSecond: held ? (progress?.docsPerSecond ?? 0) : 0,
    etaMs: held ? (progress?.etaMs ?? null) : null,
    lag: progress?.total.lag ?? null,
    throttleReason: held ? (progress?.throttleReason ?? '') : '',
    error: outcome?.kind === 'failed' ? { code: outcome.code, message: outcome.message, hint: outcome.hint ?? null } : null,
  }
}

export function migrationOf(watched: Watched, here: boolean): ShownMigration {
  const { state, progress } = watched
  return {
    ...summaryOf(watched, here),
    progress: progress ?? null,
    report: state.report ?? null,
    cutover: state.cutover,
    held: state.held,
    switches: state.switches,
    throttle: { ...state.throttle },
    verified: [...state.verified.values()].map(({ index, equal, level }) => ({ index, equal, level })),
  }
}

function clusterOf({ address, clusterName, flavor, version }: PlannedCluster): z.infer<typeof clusterSchema> {
  return { address, clusterName, flavor, version }
}

function estimated(plan: Plan | undefined): number {
  return plan ? movedTasks(plan).reduce((sum, { estimate }) => sum + estimate.docs, 0) : 0
}
