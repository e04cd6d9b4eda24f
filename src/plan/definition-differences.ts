import { fieldTypes } from '../metadata/fields.ts'
import { targetMappings } from '../metadata/mappings.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { sameTree } from '../metadata/same-tree.ts'
import { asText, settingsByName } from '../metadata/tree.ts'
import type { IndexTask, Json, JsonObject } from '../model/plan.ts'
import type { DefinitionDifference } from '../model/verification.ts'
import type { Identity } from '../model/version.ts'

export interface DefinedFrom {
  readonly route: readonly [source: Identity, target: Identity]
  /** By a migration, whose plan is `task`; otherwise the source is all there is to compare with. */
  readonly moved: boolean
  /** The migration came to its end: settings are restored, aliases are set. */
  readonly finished: boolean
}

/** How the target's index is defined otherwise than planned; of fields that came later, otherwise than on the source. */
export function definitionDifferences(
  task: IndexTask,
  source: IndexDefinition,
  target: IndexDefinition,
  { route, moved, finished }: DefinedFrom,
): readonly DefinitionDifference[] {
  // Its differences were told by the plan, and accepted.
  if (moved && task.action !== 'create') return []
  const planned = moved ? task.mappings : {}
  const fields = fieldDifferences(planned, targetMappings(source.mappings, ...route).mappings, target.mappings)
  return finished ? [...fields, ...settingDifferences(task, target), ...aliasDifferences(task, target)] : fields
}

function fieldDifferences(planned: JsonObject, source: JsonObject, target: JsonObject): DefinitionDifference[] {
  const [plan, later, actual] = [fieldTypes(planned), fieldTypes(source), fieldTypes(target)]
  const found: DefinitionDifference[] = []
  for (const [what, type] of plan) {
    const is = actual.get(what)
    if (is === undefined) found.push({ what, why: `the target lacks this field (${type})`, severe: true })
    else if (is !== type) found.push({ what, why: `it is ${is} on the target where the plan says ${type}`, severe: true })
  }
  for (const [what, type] of later) {
    if (plan.has(what)) continue
    const is = actual.get(what)
    if (is === undefined) found.push({ what, why: `only the source has this field (${type})`, severe: false })
    else if (is !== type) found.push({ what, why: `it is ${is} on the target and ${type} on the source`, severe: true })
  }
  for (const [what, type] of actual)
    if (!plan.has(what) && !later.has(what)) found.push({ what, why: `only the target has this field (${type})`, severe: false })
  return found
}

/** Analysis makes other words of a text; other settings change how an index is run, which is its owner's to decide. */
function settingDifferences({ settings }: IndexTask, target: IndexDefinition): DefinitionDifference[] {
  const actual = settingsByName(target.settings)
  const found: DefinitionDifference[] = []
  for (const [name, wanted] of settingsByName(settings)) {
    const is = actual.get(name)
    if (is !== undefined && sameSetting(is, wanted)) continue
    const why = `${is === undefined ? 'it is not set' : `it is ${asText(is)}`} where the plan says ${asText(wanted)}`
    found.push({ what: `settings.${name}`, why, severe: name.startsWith('index.analysis.') })
  }
  return found
}

function aliasDifferences({ aliases }: IndexTask, target: IndexDefinition): DefinitionDifference[] {
  const found: DefinitionDifference[] = []
  for (const [name, wanted] of Object.entries(aliases)) {
    const is = target.aliases[name]
    const what = `aliases.${name}`
    if (is === undefined) found.push({ what, why: 'the target lacks this alias', severe: true })
    else if (!sameTree(wanted as JsonObject, is as JsonObject))
      found.push({ what, why: `it is ${JSON.stringify(is)} where the plan says ${JSON.stringify(wanted)}`, severe: true })
  }
  return found
}

/** Servers give every value back as text, and one value for a list of one. */
function sameSetting(a: Json, b: Json): boolean {
  const list = (value: Json): string => JSON.stringify((Array.isArray(value) ? (value as readonly Json[]) : [value]).map(asText))
  return list(a) === list(b)
}
