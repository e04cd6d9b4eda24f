/** What must hold before a cutover blocks anything. Each condition is told with what was seen, also those that hold. */
import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { refusal } from '../../cluster/refusal.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { findIndex } from '../../metadata/read.ts'
import { aliasesHeld, heldByOthers, namesOf } from '../../metadata/switch-aliases.ts'
import type { CutoverConditions } from '../../model/entries.ts'
import { asShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Lag } from '../../model/progress.ts'
import { unblockedCondition } from './unblocked.ts'

export interface Condition {
  /** As a noun: `lag`. */
  readonly what: string
  readonly holds: boolean
  readonly seen: string
  /** Where it does not hold. */
  readonly remedy?: string
}

export interface GateParts {
  readonly tasks: readonly IndexTask[]
  readonly state: Pick<MigrationState, 'indices' | 'verified'>
  readonly target: Cluster
  /** To which the target is followed back; undefined where it is not. */
  readonly backTo: Cluster | undefined
  /** Null where nobody follows the source now. */
  readonly lag: Lag | null
  /** Nothing is carried over until applications have moved, or the next change of direction. */
  readonly held?: boolean
  /** How long replicas that are being set up are waited for. */
  readonly greenWithin: '1s' | '30s'
}

export async function gate(parts: GateParts, conditions: CutoverConditions, signal: AbortSignal): Promise<readonly Condition[]> {
  return [
    lagCondition(parts, conditions),
    setAsideCondition(parts, conditions),
    verifiedCondition(parts, conditions),
    await healthCondition(parts, conditions, signal),
    await aliasCondition(parts, conditions, signal),
    ...(parts.backTo ? [await unblockedCondition(parts.backTo, parts.tasks, signal)] : []),
  ]
}

function lagCondition({ lag, tasks, state, held = false }: GateParts, { maxLagMs }: CutoverConditions): Condition {
  const uncopied = tasks.filter(({ source }) => state.indices.get(source)?.rounds[0]?.closed !== true)
  if (uncopied.length > 0)
    return {
      what: 'lag',
      holds: false,
      seen: `${uncopied.length === 1 ? `index ${uncopied[0]!.source} is` : `${uncopied.length} indices are`} not copied yet`,
      remedy: 'Wait until the copy follows: shardferry status',
    }
  return held ? lagHeld(lag) : lagBelow(lag, maxLagMs)
}

/** What is held back is carried over before anything is blocked, and its lag is looked at then. */
export function lagHeld(lag: Lag | null): Condition {
  return { what: 'lag', holds: true, seen: `${lag?.operations ?? 0} operations are held back; they are carried over first` }
}

/** What they have written and is not the same on both sides is found when it is compared. */
export function straysCondition(strays: number | undefined): Condition {
  const what = 'writes of others'
  if (strays === undefined || strays === 0) return { what, holds: true, seen: strays === undefined ? 'not counted' : 'none' }
  return { what, holds: true, seen: `up to ${strays} on the side that was left; it is refused if both sides are not equal` }
}

export function lagBelow(lag: Lag | null, maxLagMs: number): Condition {
  const what = 'lag'
  if (lag === null) return { what, holds: false, seen: 'not known yet', remedy: 'Wait some seconds: shardferry status' }
  const old = lag.operations > 0 && lag.seconds !== null ? `, the oldest ${lag.seconds.toFixed(1)} s old` : ''
  const seen = `${lag.operations} operations${old}`
  if (lag.operations === 0 || (lag.seconds !== null && 1_000 * lag.seconds <= maxLagMs)) return { what, holds: true, seen }
  return {
    what,
    holds: false,
    seen,
    remedy: `Wait until it is below ${maxLagMs / 1_000} s (shardferry status), give the run more width (shardferry throttle), or allow more: --max-lag`,
  }
}

function setAsideCondition({ tasks, state }: GateParts, { acceptSetAside }: CutoverConditions): Condition {
  const docs = tasks.reduce((sum, { source }) => {
    const rounds = state.indices.get(source)?.rounds ?? []
    return sum + rounds.flatMap(({ settled }) => [...settled.values()]).reduce((some, { counts }) => some + counts.setAside, 0)
  }, 0)
  const seen = docs === 0 ? 'none' : `${docs}${acceptSetAside ? ', accepted' : ''}`
  return docs === 0 || acceptSetAside
    ? { what: 'documents set aside', holds: true, seen }
    : {
        what: 'documents set aside',
        holds: false,
        seen,
        remedy:
          'See why: shardferry rejected list. Write them again after the mapping is mended: shardferry rejected retry. Or go without them: --accept-set-aside',
      }
}

function verifiedCondition({ tasks, state }: GateParts, { acceptUnverified }: CutoverConditions): Condition {
  const lacking = tasks.filter(({ source }) => {
    const found = state.verified.get(source)
    return !found?.equal || found.level === 'counts'
  })
  if (lacking.length === 0) return { what: 'verification', holds: true, seen: 'the last one found both sides equal' }
  const differs = lacking.some(({ source }) => state.verified.get(source)?.equal === false)
  const names = lacking.length > 3 ? `${lacking.length} indices` : lacking.map(({ source }) => source).join(', ')
  const seen = `${names}: ${differs ? 'the last one found differences' : 'not verified yet'}`
  if (acceptUnverified) return { what: 'verification', holds: true, seen: `${seen}; accepted` }
  return {
    what: 'verification',
    holds: false,
    seen,
    remedy: `Compare both sides, also while the run goes on: shardferry verify${differs ? ' --repair (with the run stopped)' : ''}. Or go without: --accept-unverified`,
  }
}

async function healthCondition(
  { tasks, target, greenWithin }: GateParts,
  { acceptYellow }: CutoverConditions,
  signal: AbortSignal,
): Promise<Condition> {
  const status: string[] = []
  for (const task of tasks) {
    const request = {
      method: 'GET',
      path: `/_cluster/health/${indexPath(task.target)}`,
      query: acceptYellow ? {} : { wait_for_status: 'green', timeout: greenWithin },
      signal,
    } as const
    const answer = await target.exchange(request)
    // 408: it did not become so in time; the answer is whole all the same.
    if (answer.status >= 400 && answer.status !== 408) throw refusal(target, request, answer)
    const health = JSON.parse(new TextDecoder().decode(answer.body)) as { readonly status: string }
    if (health.status !== 'green') status.push(`${task.target} is ${health.status}`)
  }
  if (status.length === 0) return { what: 'health of the target', holds: true, seen: 'green' }
  const seen = `${status.slice(0, 3).join(', ')}${status.length > 3 ? ` and ${status.length - 3} more` : ''}`
  const red = status.some(one => one.endsWith(' red'))
  if (!red && acceptYellow) return { what: 'health of the target', holds: true, seen: `${seen}; accepted` }
  return {
    what: 'health of the target',
    holds: false,
    seen,
    remedy: `Wait for the replicas (GET _cluster/health), or see why they are not there: GET _cluster/allocation/explain.${red ? '' : ' Or go without: --accept-yellow'}`,
  }
}

/** Those of the names that indices of the target have: no alias can be made of them. Who may not see that finds out by the switch. */
async function namesOfIndices(target: Cluster, names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of names) {
    const is = await findIndex(target, name, signal).catch((thrown: unknown) => {
      if (asShardferryError(thrown).code !== 'forbidden') throw thrown
    })
    if (is?.kind === 'index') found.push(name)
  }
  return found
}

async function aliasCondition(
  { tasks, target }: GateParts,
  { takeAliases }: CutoverConditions,
  signal: AbortSignal,
): Promise<Condition> {
  const what = 'aliases on the target'
  const indices = await namesOfIndices(target, namesOf(tasks), signal)
  if (indices.length > 0)
    return {
      what,
      holds: false,
      seen: `${indices.join(', ')} ${indices.length === 1 ? 'is the name of an index' : 'are names of indices'}`,
      remedy:
        'A server makes an index of itself for an application that writes to an alias which is not there. Look what is in it, carry that over, and delete it; then ask again.',
    }
  const taken = heldByOthers(await aliasesHeld(target, tasks, signal), tasks)
  if (taken.length === 0) return { what, holds: true, seen: 'free' }
  const seen = taken.map(({ index, alias }) => `${alias} is on ${index}`).join(', ')
  if (takeAliases) return { what, holds: true, seen: `${seen}; taken from there` }
  return {
    what,
    holds: false,
    seen,
    remedy: 'Remove them there, or edit the aliases of the plan; or let the switch take them in the same call: --take-aliases',
  }
}
