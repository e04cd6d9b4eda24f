import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionSettings, Side } from '../model/connection.ts'
import { asShardferryError } from '../model/errors.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/findings.ts'
import { movedTasks } from '../model/plan.ts'
import type { EngineName, IndexTask, Plan } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'

/** Looks at one thing, changes nothing. */
export interface Check {
  readonly id: string
  /** What is looked at, as a noun: `health of both clusters`. */
  readonly title: string
  /** The code of a run that an error of this check stops. */
  readonly code: ErrorCode
  run(context: CheckContext, signal: AbortSignal): Promise<Finding[]>
}

export interface CheckContext {
  readonly source: Cluster
  readonly target: Cluster
  readonly plan?: Plan
  /** How each side is reached; only what no request tells is taken from here. */
  readonly connections: Readonly<Record<Side, ConnectionSettings>>
  /** The source is to be followed until a cutover. */
  readonly follow?: boolean
  /** What is to move the documents. */
  readonly engine?: EngineName
  /** The source as the target's nodes know it; its first address where it is missing. */
  readonly remoteHost?: string
  /** What the settings warn of, each starting with the key of its setting: `source.insecure: ...`. */
  readonly warnings: readonly string[]
  /** Target indices that this migration made in an earlier run: they exist by right, and are paid for in shards and bytes. */
  readonly created?: ReadonlySet<string>
  /** The journal of the migration that holds it: what a check does for a moment stands there meanwhile. Missing where none is held. */
  readonly steps?: {
    apply(step: Step, signal: AbortSignal): Promise<unknown>
    undo(step: Step, signal: AbortSignal): Promise<unknown>
  }
  /** Where the migrations' states are kept on this machine; not looked at where it is missing. */
  readonly stateFolder?: string
  /** Milliseconds since the epoch; the system's clock where it is missing. */
  readonly now?: () => number
}

/** What to do about a failure of which nothing else is known. */
export const lookCloser = 'shardferry check --log-level debug'

export type Found = Omit<Finding, 'check'>

/**
 * What `look` finds, or, where it fails, one `unknown`: a check that could not run is never a pass.
 * @param ifForbidden the remedy where the user may not look, if the error's own hint does not tell
 * @throws ShardferryError `stopped`
 */
export async function attempted(
  check: string,
  about: string,
  look: () => Promise<readonly Found[]>,
  ifForbidden?: string,
): Promise<Finding[]> {
  try {
    const found = await look()
    return found.map(one => ({ check, ...one }))
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code === 'stopped') throw error
    const message = `Could not be checked (${check}): ${error.message}`
    const remedy = (error.code === 'forbidden' ? ifForbidden : undefined) ?? error.hint ?? lookCloser
    return [{ check, about, severity: 'unknown', message, remedy }]
  }
}

/** The same look at both sides, at the same time; what one side finds does not depend on the other's failure. */
export async function onBothSides(
  check: string,
  { source, target }: CheckContext,
  look: (cluster: Cluster) => Promise<readonly Found[]>,
): Promise<Finding[]> {
  const found = await Promise.all([source, target].map(cluster => attempted(check, cluster.side, () => look(cluster))))
  return found.flat()
}

/** The indices that a run still has to make on the target. */
export function tasksToCreate({ plan, created }: CheckContext): readonly IndexTask[] {
  return plan?.indices.filter(task => task.action === 'create' && !created?.has(task.target)) ?? []
}

/** A plan says it index by index, and goes before the setting: a plan file is run as it stands. */
export function engineOf({ plan, engine = 'stream' }: CheckContext): EngineName {
  if (!plan) return engine
  return movedTasks(plan).some(task => task.engine === 'reindex') ? 'reindex' : 'stream'
}

export function noPlan(about: string, what: string): Found {
  return {
    about,
    severity: 'unknown',
    message: `There is no plan yet, so ${what} could not be checked.`,
    remedy: 'Settle first what keeps the plan from being made. Then:\nshardferry check',
  }
}
