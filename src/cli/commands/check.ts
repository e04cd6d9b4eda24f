import { connect } from '../../assemble.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { ConnectionSettings } from '../../model/connection.ts'
import { exitCodes, ShardferryError } from '../../model/errors.ts'
import type { Finding } from '../../model/findings.ts'
import type { Plan } from '../../model/plan.ts'
import { blindly } from '../../preflight/blind.ts'
import { runChecks, worstSeverity } from '../../preflight/checks.ts'
import { unconnected, whyUnconnected } from '../../preflight/unconnected.ts'
import type { Settings } from '../../settings/settings.ts'
import { checkContext, draftPlan } from '../../operate/draft.ts'
import { emit, lookOf, print } from '../output.ts'
import { saveUntrustedCas } from '../save-ca.ts'
import { findingsText } from '../view/findings-text.ts'
import { checkedEvent, findingEvent } from '../view/json-view.ts'

export interface CheckOptions {
  readonly json: boolean
  /** File for a self-signed CA that is not trusted yet; `{side}` in it is the side. */
  readonly saveCa: string | undefined
}

/**
 * `shardferry check`: every check on both clusters. One that cannot be connected to does not keep the other from being
 * looked at. 0 when nothing stands in the way, 10 when something could not be checked, 6 when something stands in the
 * way, 3 when that is the connection.
 */
export async function check(settings: Settings, { json, saveCa }: CheckOptions, signal: AbortSignal): Promise<number> {
  const [source, target] = await Promise.all([settings.source, settings.target].map(side => connectOrNot(side, signal)))
  if (!source || !target) throw new ShardferryError('internal', 'A cluster is missing.')
  try {
    const { plan, problems } = await planOrProblem(settings, source, target, signal)
    const context = { ...checkContext(settings, { source, target }), ...(plan ? { plan } : {}) }
    const findings = [...(await runChecks(context, signal)), ...problems]
    const exitCode = exitCodeFor(findings, source, target)
    if (json) {
      for (const finding of findings) emit(findingEvent(finding, Date.now()))
      emit(checkedEvent(worstSeverity(findings), exitCode, Date.now()))
    } else print(findingsText(findings, lookOf(process.stdout)))
    await saveUntrustedCas(settings, { json, file: saveCa }, signal)
    return exitCode
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}

async function connectOrNot(settings: ConnectionSettings, signal: AbortSignal): Promise<Cluster> {
  try {
    return await connect(settings, signal)
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code === 'stopped') throw thrown
    return unconnected(settings.side, settings.addresses[0] ?? '', thrown)
  }
}

/** A plan that cannot be made is a finding. A user who may not look at the target gets one as if nothing were there. */
async function planOrProblem(
  settings: Settings,
  source: Cluster,
  target: Cluster,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan | undefined; readonly problems: readonly Finding[] }> {
  if (whyUnconnected(source) ?? whyUnconnected(target)) return { plan: undefined, problems: [] }
  const draft = (there: Cluster): Promise<Plan> => draftPlan(settings, { source, target: there }, signal)
  try {
    return { plan: await draft(target), problems: [] }
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code === 'stopped') throw thrown
    const problems = [problemOf(thrown)]
    if (thrown.code !== 'forbidden') return { plan: undefined, problems }
    const plan = await draft(blindly(target)).catch(() => undefined)
    return { plan, problems }
  }
}

function problemOf({ message, hint }: ShardferryError): Finding {
  return {
    check: 'plan',
    about: 'migration',
    severity: 'error',
    message: `No plan can be made: ${message}`,
    ...(hint === undefined ? {} : { remedy: hint }),
  }
}

function exitCodeFor(findings: readonly Finding[], ...clusters: readonly Cluster[]): number {
  const worst = worstSeverity(findings)
  switch (worst) {
    case 'ok':
    case 'info':
    case 'warning':
      return 0
    case 'unknown':
      return exitCodes.unchecked
    case 'error': {
      const reasons = clusters.flatMap(cluster => whyUnconnected(cluster) ?? [])
      return reasons[0]?.exitCode ?? 6
    }
  }
}
