import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { ifAllowed } from '../cluster/if-allowed.ts'
import { jsonIfFound } from '../cluster/json.ts'
import { indexUuid } from '../cluster/shards.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import { changeAliases } from './alias-step.ts'

/** Where aliases of these names are now: index, alias, definition. */
type Held = readonly { readonly index: string; readonly alias: string; readonly definition: JsonObject }[]

/** The plan's aliases that the target has already, wherever they are. */
export async function aliasesHeld(target: Cluster, tasks: readonly IndexTask[], signal: AbortSignal): Promise<Held> {
  const held: Held[number][] = []
  for (const alias of namesOf(tasks)) {
    const found = await jsonIfFound<Record<string, { aliases?: Record<string, JsonObject> }>>(target, {
      method: 'GET',
      path: `/_alias/${indexPath(alias)}`,
      signal,
    })
    for (const [index, { aliases = {} }] of Object.entries(found ?? {})) {
      const definition = aliases[alias]
      if (definition) held.push({ index, alias, definition })
    }
  }
  return held
}

/** Those of them that other indices have than the ones the plan moves. */
export function heldByOthers(held: Held, tasks: readonly IndexTask[]): Held {
  const own = new Set(tasks.map(({ target }) => target))
  return held.filter(({ index }) => !own.has(index))
}

/**
 * Gives the target's indices all aliases of the plan in one call, which takes effect as a whole, and takes them from
 * other indices where that is `take`n; undo puts every alias of these names back where it was.
 */
export function switchAliasesStep(target: Cluster, tasks: readonly IndexTask[], take: boolean): Step<Held> {
  const names = namesOf(tasks)
  const wanted = tasks.flatMap(task =>
    Object.entries(task.aliases).map(([alias, definition]) => ({ index: task.target, alias, definition })),
  )
  return {
    id: 'aliases/cutover',
    describe: () => `switch ${names.length === 1 ? 'alias' : 'aliases'} ${names.join(', ')} on the target, in one call`,
    capture: signal => aliasesHeld(target, tasks, signal),

    async apply(signal) {
      const taken = take ? heldByOthers(await aliasesHeld(target, tasks, signal), tasks) : []
      await changeAliases(target, 'the plan', [...taken.map(removed), ...wanted.map(added)], signal)
    },

    async undo(saved, signal) {
      const now = await aliasesHeld(target, tasks, signal)
      const gone = now.filter(one => !saved.some(was => was.index === one.index && was.alias === one.alias))
      const back = await inPlace(target, saved, signal)
      await changeAliases(target, 'the plan', [...gone.map(removed), ...back.map(added)], signal)
    },
  }
}

/** An index that was deleted meanwhile cannot be given its aliases back, and must not keep the others from theirs. */
async function inPlace(target: Cluster, held: Held, signal: AbortSignal): Promise<Held> {
  const gone = new Set<string>()
  for (const index of new Set(held.map(one => one.index))) {
    const isGone = indexUuid(target, index, signal).then(uuid => uuid === undefined)
    if (await ifAllowed(isGone)) gone.add(index)
  }
  return held.filter(({ index }) => !gone.has(index))
}

export function namesOf(tasks: readonly IndexTask[]): readonly string[] {
  return [...new Set(tasks.flatMap(({ aliases }) => Object.keys(aliases)))].toSorted()
}

function added({ index, alias, definition }: { index: string; alias: string; definition: object }): object {
  return { add: { index, alias, ...definition } }
}

function removed({ index, alias }: { index: string; alias: string }): object {
  return { remove: { index, alias } }
}
