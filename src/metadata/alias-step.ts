import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import { ShardferryError } from '../model/errors.ts'
import type { AliasDefinition, IndexTask, JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'

/** The aliases of a task's target index as they were, by name; null where an alias that the task adds was not there. */
type Saved = { readonly [alias: string]: JsonObject | null }

/** Adds the task's aliases to its target index in one atomic call; undo takes away or puts back exactly those. */
export function aliasStep(target: Cluster, task: IndexTask): Step<Saved> {
  const names = Object.keys(task.aliases)
  const add = (alias: string, definition: AliasDefinition | JsonObject): object => ({
    add: { index: task.target, alias, ...definition },
  })
  return {
    id: `aliases/${task.target}`,
    describe: () => `add alias${names.length === 1 ? '' : 'es'} ${names.join(', ')} to index ${task.target}`,

    async capture(signal) {
      const current = await currentAliases(target, task.target, signal)
      return Object.fromEntries(names.map(name => [name, current[name] ?? null]))
    },

    async apply(signal) {
      await changeAliases(
        target,
        task.target,
        Object.entries(task.aliases).map(([name, definition]) => add(name, definition)),
        signal,
      )
    },

    async undo(saved, signal) {
      const current = await currentAliases(target, task.target, signal)
      const actions = Object.entries(saved).flatMap(([alias, definition]) => {
        if (definition !== null) return [add(alias, definition)]
        return Object.hasOwn(current, alias) ? [{ remove: { index: task.target, alias } }] : []
      })
      if (Object.keys(current).length > 0) await changeAliases(target, task.target, actions, signal)
    },
  }
}

/** Newer servers (Elasticsearch 8.19) may acknowledge a call and report `errors` of single actions all the same. */
export async function changeAliases(
  target: Cluster,
  what: string,
  actions: readonly object[],
  signal: AbortSignal,
): Promise<void> {
  if (actions.length === 0) return
  const refused = (reason: string, cause?: unknown): ShardferryError =>
    new ShardferryError('metadata-refused', `The target refuses the aliases of ${what}: ${reason}`, {
      hint: 'Edit the aliases of this index in the plan file, or remove what stands in the way on the target; then run again.',
      ...(cause === undefined ? {} : { cause }),
    })
  try {
    const answer = await json<{ acknowledged: boolean; errors?: boolean; action_results?: readonly object[] }>(target, {
      method: 'POST',
      path: '/_aliases',
      body: { actions },
      signal,
    })
    if (answer.errors) throw refused(JSON.stringify(answer.action_results ?? []))
    if (!answer.acknowledged)
      throw new ShardferryError('unavailable', `The target did not acknowledge the aliases of ${what} in time.`, {
        recovery: 'retry',
        hint: 'Its master is busy. Run the same command again.',
      })
  } catch (thrown) {
    // A second write index, or an alias hidden on some indices only, is answered with 500 (OpenSearch 2.19, Elasticsearch 7.10).
    const forGood =
      thrown instanceof ShardferryError && (thrown.code === 'request-refused' || thrown.serverType === 'illegal_state_exception')
    if (forGood) throw refused(thrown.message, thrown)
    throw thrown
  }
}

/** No aliases where the index is gone. */
async function currentAliases(
  target: Cluster,
  index: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, JsonObject>>> {
  const answer = await jsonIfFound<Record<string, { aliases: Record<string, JsonObject> }>>(target, {
    method: 'GET',
    path: `/${indexPath(index)}/_alias`,
    signal,
  })
  return answer?.[index]?.aliases ?? {}
}
