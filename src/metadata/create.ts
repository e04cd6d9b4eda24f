import type { Answer, Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { refusal, serverError } from '../cluster/refusal.ts'
import { indexUuid } from '../cluster/shards.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import { refusedSettings } from '../cluster/refused-settings.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Change, IndexTask, JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import { atLeast } from '../model/version.ts'
import { differences } from './differences.ts'
import { findIndex, hasTypes, readIndex } from './read.ts'
import { editSettings } from './tree.ts'

/**
 * Creates the target index of a task. Invariant: what `undo` deletes is what `apply` created. So `capture` refuses an index that is there
 * already, and an index that turns up between the two counts as created by this step only while it is empty.
 * @param onChange told of settings the target refused and of what its templates merged in
 */
export function createIndexStep(target: Cluster, task: IndexTask, onChange: (change: Change) => void): Step<null> {
  let foreign = false
  return {
    id: `${prefix}${task.target}`,
    describe: () => `create index ${task.target} with ${task.shards} shard${task.shards === 1 ? '' : 's'} on the target`,

    async capture(signal) {
      const found = await findIndex(target, task.target, signal)
      if (found.kind !== 'nothing') throw exists(task.target)
      return null
    },

    async apply(signal) {
      const answer = await createStripping(target, task, onChange, signal)
      if (answer === 'exists' || !answer.shards_acknowledged) await awaitPrimaries(target, task.target, signal)
      foreign = answer === 'exists' && (await countAll(target, task.target, signal)) > 0
      if (foreign) throw exists(task.target)
      const made = await readIndex(target, task.target, signal)
      for (const difference of differences(task, made, target.identity)) onChange(difference)
    },

    async undo(_saved, signal) {
      if (foreign) return
      const request = { method: 'DELETE', path: `/${indexPath(task.target)}`, signal } as const
      const answer = await target.exchange(request)
      if (answer.status >= 400 && answer.status !== 404) throw refusal(target, request, answer)
    },
  }
}

const prefix = 'create-index/'

/**
 * Indices that a migration made, deleted without the plan. Only the very index that it made is, or, where the journal does
 * not know which that is, an empty one.
 * @param uuidOf the uuid that a target index got
 */
export function createdKind(uuidOf: (index: string) => string | undefined): StepKind {
  return {
    prefix,
    atEnd: 'undone',
    side: 'target',
    describe: index => `delete index ${index} on the target, with all documents in it`,
    async undo(target, index, _saved, signal) {
      const uuid = await indexUuid(target, index, signal)
      if (uuid === undefined) return
      const known = uuidOf(index)
      if (known === undefined ? (await countAll(target, index, signal)) > 0 : known !== uuid)
        throw new ShardferryError('target-changed', `The target index ${index} is not the one that this migration made.`, {
          hint: `It is left as it is. Delete it by hand if nobody needs it: DELETE /${index}`,
        })
      const request = { method: 'DELETE', path: `/${indexPath(index)}`, signal } as const
      const answer = await target.exchange(request)
      if (answer.status >= 400 && answer.status !== 404) throw refusal(target, request, answer)
    },
  }
}

interface Created {
  readonly shards_acknowledged: boolean
}

/** Every round takes at least one setting out, so the rounds end. */
async function createStripping(
  target: Cluster,
  task: IndexTask,
  onChange: (change: Change) => void,
  signal: AbortSignal,
): Promise<Created | 'exists'> {
  let settings = task.settings
  for (;;) {
    const request = {
      method: 'PUT',
      path: `/${indexPath(task.target)}`,
      body: { settings, mappings: typed(target, task.mappings) },
      signal,
    } as const
    const answer = await target.exchange(request)
    if (answer.status < 400) return JSON.parse(new TextDecoder().decode(answer.body)) as Created
    const { type, reason } = serverError(answer)
    if (type === 'resource_already_exists_exception') return 'exists'
    if (answer.status !== 400) throw refusal(target, request, answer)
    const refused = new Set(refusedSettings(answer))
    const stripped: string[] = []
    settings = editSettings(settings, (name, value) => {
      if (!refused.has(name)) return value
      stripped.push(name)
      return undefined
    })
    if (stripped.length === 0) throw refusedMetadata(task.target, type, reason)
    for (const name of stripped)
      onChange({ kind: 'stripped', what: `settings.${name}`, why: `the target refuses it: ${reasonFor(answer, name) || reason}` })
  }
}

function reasonFor(answer: Answer, name: string): string {
  const reasons = [...new TextDecoder().decode(answer.body).matchAll(/"reason":"((?:[^"\\]|\\.)*)"/g)].map(
    found => found[1] ?? '',
  )
  return (reasons.find(reason => reason.includes(`[${name}]`)) ?? '').replace(/ please check that any.*$/, '')
}

/** Elasticsearch 6 takes any one type name, 5 none that starts with `_`. */
function typed(target: Cluster, mappings: JsonObject): JsonObject {
  if (!hasTypes(target)) return mappings
  return { [atLeast(target.identity.version, 6) ? '_doc' : 'doc']: mappings }
}

/** The index is in the cluster state, but its primaries have not started within the server's own 30 seconds. */
async function awaitPrimaries(target: Cluster, index: string, signal: AbortSignal): Promise<void> {
  const answer = await target.exchange({
    method: 'GET',
    path: `/_cluster/health/${indexPath(index)}`,
    query: { wait_for_status: 'yellow', timeout: '60s' },
    timeoutMs: 90_000,
    signal,
  })
  const health = JSON.parse(new TextDecoder().decode(answer.body)) as { timed_out?: boolean }
  if (answer.status < 400 && health.timed_out === false) return
  throw new ShardferryError('cluster-red', `The target created ${index}, but does not start its primary shards.`, {
    hint: `Ask the target why: GET _cluster/allocation/explain {"index":"${index}","shard":0,"primary":true}. Full disks and allocation settings in the plan are the usual causes.`,
  })
}

/** Documents of an index, or of all indices of a data stream, as a refresh shows them. */
export async function countAll(target: Cluster, index: string, signal: AbortSignal): Promise<number> {
  await json(target, { method: 'POST', path: `/${indexPath(index)}/_refresh`, signal })
  const answer = await json<{ count: number }>(target, { method: 'GET', path: `/${indexPath(index)}/_count`, signal })
  return answer.count
}

function exists(index: string): ShardferryError {
  return new ShardferryError('target-exists', `The target has an index, alias or data stream named ${index} already.`, {
    hint: 'Write into it (--into-existing), move under another name (--rename), or delete it if it is left over from an earlier try.',
  })
}

function refusedMetadata(index: string, type: string, reason: string): ShardferryError {
  return new ShardferryError('metadata-refused', `The target refuses to create ${index}: ${reason}`, {
    status: 400,
    serverType: type,
    hint: 'Edit settings or mappings of this index in the plan file, and run the plan again.',
  })
}
