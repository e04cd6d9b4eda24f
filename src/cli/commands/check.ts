import { runChecks, worstSeverity } from '../../preflight/checks.ts'
import type { Settings } from '../../settings/settings.ts'
import { emit, lookOf, print } from '../output.ts'
import { draftPlan } from '../planning.ts'
import { connectBoth } from '../session.ts'
import { findingsText } from '../view/findings-text.ts'
import { findingEvent } from '../view/json-view.ts'

/** `shardferry check`: every check on both clusters; 0 when nothing stands in the way, 6 when something does. */
export async function check(settings: Settings, { json }: { readonly json: boolean }, signal: AbortSignal): Promise<number> {
  await using clusters = await connectBoth(settings, signal)
  const plan = await draftPlan(settings, clusters, signal)
  const refused = plan.indices
    .filter(task => task.action === 'refuse')
    .map(
      task =>
        ({
          check: 'plan',
          about: task.source,
          severity: 'error',
          message: task.reason ?? 'It cannot be moved as it is.',
        }) as const,
    )
  const findings = [
    ...(await runChecks({ source: clusters.source, target: clusters.target, plan, warnings: settings.warnings }, signal)),
    ...refused,
  ]
  if (json) for (const finding of findings) emit(findingEvent(finding, Date.now()))
  else print(findingsText(findings, lookOf(process.stdout)))
  return worstSeverity(findings) === 'error' ? 6 : 0
}
