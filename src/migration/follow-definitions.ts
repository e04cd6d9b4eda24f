/**
 * Carries over what changes in the definitions of indices while they are followed. Invariant: the other side gets only what
 * came since the definition was seen first, so that what a person has edited in the plan stays; what it refuses is told,
 * once, and documents are followed on.
 */
import { targetAliases } from '../metadata/aliases.ts'
import { namesIn } from '../metadata/extend-mapping.ts'
import { mappingGrowth } from '../metadata/mapping-growth.ts'
import { targetMappings } from '../metadata/mappings.ts'
import { readDefinitions } from '../metadata/read.ts'
import { sameTree } from '../metadata/same-tree.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { Definition } from '../model/definition.ts'
import { asShardferryError } from '../model/errors.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { applyStep } from './run-steps.ts'

/** Looks at the definitions of all these indices, in few requests. */
export async function followDefinitions(m: Migration, tasks: readonly IndexTask[], signal: AbortSignal): Promise<void> {
  const names = tasks.map(({ source }) => source)
  const found = await patiently(m, () => readDefinitions(m.source, names, signal), signal)
  for (const task of tasks) {
    const definition = found.get(task.source)
    if (!definition) continue
    const seen = m.memory.state.definitions.get(task.source)?.last
    const now: Definition = {
      mappings: targetMappings(definition.mappings, m.source.identity, m.target.identity).mappings,
      aliases: targetAliases(definition.aliases, m.target.identity).aliases,
    }
    const growth = mappingGrowth(seen?.mappings ?? {}, now.mappings)
    const aliases = seen ? changedAliases(seen, now) : []
    if (seen && !growth && aliases.length === 0) continue
    if (seen && growth) await extend(m, task, growth, definition.inexact, signal)
    for (const name of aliases)
      m.memory.append({
        type: 'changed',
        index: task.source,
        change: { kind: 'followed', what: `aliases.${name}`, why: 'it changed on the source, and is set so by a cutover' },
      })
    m.memory.append({ type: 'definition-seen', index: task.source, mappings: growth ?? {}, aliases: now.aliases })
  }
}

/** The task with what became of its aliases since it was planned. */
export function withAliasesNow(task: IndexTask, { definitions }: Pick<MigrationState, 'definitions'>): IndexTask {
  const { first, last } = definitions.get(task.source) ?? {}
  if (!first || !last) return task
  const aliases = new Map(Object.entries(task.aliases))
  for (const name of changedAliases(first, last)) {
    const definition = last.aliases[name]
    if (definition) aliases.set(name, definition)
    else aliases.delete(name)
  }
  return { ...task, aliases: Object.fromEntries(aliases) }
}

/** Fields that documents bring come to both sides by themselves: only what the other side lacks is added, and told. */
async function extend(
  m: Migration,
  task: IndexTask,
  growth: JsonObject,
  inexact: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const there = await patiently(m, () => readDefinitions(m.target, [task.target], signal), signal)
  const lacking = mappingGrowth(there.get(task.target)?.mappings ?? {}, growth)
  if (!lacking) return
  const tell = (why: string): void => {
    for (const what of namesIn(lacking))
      m.memory.append({ type: 'changed', index: task.source, change: { kind: 'followed', what, why } })
  }
  const left = (why: string): void =>
    tell(`it changed on the ${m.source.side}, and is left as it is on the ${m.target.side}: ${why}`)
  if (task.action !== 'create') return left('that index was there before, and its mapping is its own')
  if (inexact.length > 0) return left(`numbers beyond 2^53 cannot be carried exactly (${inexact.join(', ')})`)
  try {
    await patiently(m, () => applyStep(m.steps.extendMapping(task, lacking), m.memory, m.world, signal), signal)
  } catch (thrown) {
    const { recovery, message } = asShardferryError(thrown)
    if (signal.aborted || recovery !== 'fatal') throw thrown
    return left(message)
  }
  tell(`it changed on the ${m.source.side}, and here too`)
}

function changedAliases(a: Definition, b: Definition): readonly string[] {
  const names = new Set([...Object.keys(a.aliases), ...Object.keys(b.aliases)])
  return [...names].filter(
    name => !sameTree(a.aliases[name] as JsonObject | undefined, b.aliases[name] as JsonObject | undefined),
  )
}
