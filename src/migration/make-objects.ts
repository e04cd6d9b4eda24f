import { madeObjects } from '../plan/objects.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { applyStep } from './run-steps.ts'

/**
 * Makes the plan's templates, pipelines, scripts and policies: after the copy, so that no template is merged into an index
 * that is moved, and before indices get their own pipelines back.
 */
export async function makeObjects(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of madeObjects(m.plan.objects))
    await patiently(m, () => applyStep(m.steps.object(task), m.memory, m.world, signal), signal)
}
