import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { refusal } from '../cluster/refusal.ts'
import { together, togetherFor } from '../cluster/together.ts'
import type { ShardferryError } from '../model/errors.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import type { Side } from '../model/connection.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import type { Identity } from '../model/version.ts'
import { asText, isOn, setting } from './tree.ts'

export type Tuning = IndexTask['tuning']

/**
 * Settings for fast and exact writing while documents are copied; all are dynamic in every version. A final pipeline would run again over
 * documents that have been through one; `gc_deletes` keeps the memory of deleted versions for as long as older writes may still arrive.
 */
export function tuningFor(_to: Identity, settings: JsonObject): Tuning {
  const expands = setting(settings, 'index.auto_expand_replicas')
  const waitFor = setting(settings, 'index.write.wait_for_active_shards')
  return {
    'index.refresh_interval': '-1',
    ...(expands === undefined || expands === 'false' || expands === false ? { 'index.number_of_replicas': 0 } : {}),
    ...(waitFor === undefined ? {} : { 'index.write.wait_for_active_shards': '1' }),
    'index.translog.flush_threshold_size': '1gb',
    ...exactnessFor(settings),
  }
}

/**
 * The part of the tuning that exact copies need, even into an index that is in use. An acknowledged write must be on
 * disk: with `async` durability a node that dies takes seconds of acknowledged documents with it, which the journal
 * already counts as settled.
 */
export function exactnessFor(settings: JsonObject): Tuning {
  const pipeline = setting(settings, finalPipeline)
  return {
    [gcDeletes]: tombstonesFor,
    'index.translog.durability': 'request',
    ...(pipeline === undefined || pipeline === '_none' ? {} : { [finalPipeline]: '_none' }),
  }
}

/** What of a plan's tuning a catch-up keeps: the index is in use by then, and stays searchable and replicated. */
export function exactPart(tuning: Tuning): Tuning {
  return Object.fromEntries(Object.entries(tuning).filter(([name]) => exactNames.has(name)))
}

/**
 * Which of an index's settings look like tuning that an earlier migration left behind, as `name: value`. Nobody else sets
 * `gc_deletes` to that; the others are told only along with it.
 */
export function leftOverTuning(to: Identity, settings: JsonObject): readonly string[] {
  const set = (name: string): string => asText(setting(settings, name))
  if (set(gcDeletes) !== tombstonesFor) return []
  return Object.entries(tuningFor(to, settings))
    .filter(([name, value]) => value !== null && set(name) === String(value))
    .map(([name, value]) => `${name}: ${String(value)}`)
}

/** With `index.append_only.enabled` (OpenSearch 3) an index takes no ids and no versions from outside. */
export function isAppendOnly(settings: JsonObject): boolean {
  return isOn(setting(settings, 'index.append_only.enabled'))
}

const finalPipeline = 'index.final_pipeline'
const gcDeletes = 'index.gc_deletes'
const tombstonesFor = '12h'
const exactNames = new Set([gcDeletes, 'index.translog.durability', finalPipeline])

/** What the ids of these steps start with. The source is tuned while the target is followed back to it. */
function prefixOf(side: Side): string {
  return side === 'target' ? 'tune-index/' : 'tune-source-index/'
}

type Saved = { readonly [setting: string]: string | null }

/** Gives the target index the task's tuning; undo gives every setting its former value back, null for the server's default. */
export function tuneIndexStep(target: Cluster, task: IndexTask): Step<Saved> {
  const put = async (settings: object, signal: AbortSignal): Promise<ShardferryError | undefined> =>
    (await putSettings(target, task.target, settings, signal)) ?? undefined
  const current = async (signal: AbortSignal): Promise<Readonly<Record<string, string>>> =>
    (await currentSettings(target, task.target, signal)) ?? {}
  return {
    id: `${prefixOf(target.side)}${task.target}`,
    describe: () => `set ${Object.keys(task.tuning).join(', ')} on index ${task.target} while documents are copied`,

    async capture(signal) {
      const found = await current(signal)
      const saved: Record<string, string | null> = {}
      for (const name of Object.keys(task.tuning)) saved[name] = found[name] ?? null
      // A template of the target may have brought a final pipeline that the plan knows nothing of.
      const pipeline = found[finalPipeline]
      if (pipeline !== undefined) saved[finalPipeline] = pipeline
      return saved
    },

    async apply(signal) {
      const found = await current(signal)
      const wanted = found[finalPipeline] === undefined ? task.tuning : { ...task.tuning, [finalPipeline]: '_none' }
      if (Object.keys(wanted).length === 0) return
      const refused = await put(wanted, signal)
      if (refused === undefined) return
      if (refused.status !== 400) throw refused
      // Zone awareness refuses 0 replicas, remote-backed storage refuses async durability: the copy is slower, not less exact.
      for (const [name, value] of Object.entries(wanted)) {
        const reason = await put({ [name]: value }, signal)
        if (reason !== undefined && (reason.status !== 400 || name === finalPipeline)) throw reason
      }
    },

    async undo(saved, signal) {
      await restore(target, task.target, saved, signal)
    },
  }
}

/** Tuned settings, given back without the plan. */
export function tuningKind(side: Side): StepKind {
  const where = side === 'target' ? '' : ' on the source'
  return {
    prefix: prefixOf(side),
    atEnd: 'undone',
    side,
    describe: (index, saved) => `give index ${index}${where} back its ${Object.keys(saved as Saved).join(', ')}`,
    undo: (cluster, index, saved, signal) => restore(cluster, index, saved as Saved, signal),
  }
}

async function restore(target: Cluster, index: string, saved: Saved, signal: AbortSignal): Promise<void> {
  if (Object.keys(saved).length === 0) return
  const refused = await putSettings(target, index, saved, signal)
  if (refused && refused.status !== 404) throw refused
}

/**
 * Gives what refuses them, or null. All indices that get the same settings get them in one change of the cluster's state,
 * which is taken as a whole or not at all.
 */
const putSettings = togetherFor<object, ShardferryError | null>(async (target, indices, settings, signal) => {
  const request = { method: 'PUT', path: `/${indexPath(indices)}/_settings`, body: settings, signal } as const
  const answer = await target.exchange(request)
  if (answer.status < 400) return new Map(indices.map(index => [index, null]))
  const refused = refusal(target, request, answer)
  const [only, ...others] = indices
  if (only !== undefined && others.length === 0) return new Map([[only, refused]])
  throw refused
})

const currentSettings = together<Readonly<Record<string, string>>>(async (target, indices, signal) => {
  const answer = await json<Record<string, { settings: Record<string, string> }>>(target, {
    method: 'GET',
    path: `/${indexPath(indices)}/_settings`,
    query: { flat_settings: true },
    signal,
  })
  return new Map(Object.entries(answer).map(([index, { settings }]) => [index, settings]))
})
