import type { Change, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { fieldTypes } from './fields.ts'
import type { IndexDefinition } from './read.ts'
import { targetSettings } from './settings.ts'
import { asText, settingsByName } from './tree.ts'

/**
 * How an index differs from what was asked for, when it was just created: what a template of the target merged in, and what went missing.
 * Compares shards, settings and the types of fields; a server writes parameters back in other words, so those are left alone.
 */
export function differences(
  asked: { readonly settings: JsonObject; readonly mappings: JsonObject },
  index: IndexDefinition,
  identity: Identity,
): Change[] {
  return [...settingDifferences(asked.settings, index, identity), ...mappingDifferences(asked.mappings, index.mappings)]
}

function settingDifferences(asked: JsonObject, index: IndexDefinition, identity: Identity): Change[] {
  const wanted = settingsByName(asked)
  const changes: Change[] = []
  for (const [name, value] of settingsByName(targetSettings(index.settings, identity, identity).settings)) {
    const want = wanted.get(name)
    if (want === undefined && setByServer.has(name)) continue
    if (want === undefined)
      changes.push(change(`settings.${name}`, `a template of the target set it to ${JSON.stringify(value)}`))
    else if (name === 'index.number_of_shards' && Number(want) !== index.shards)
      changes.push(change(`settings.${name}`, `the target made ${index.shards} where the plan says ${asText(want)}`))
  }
  return changes
}

/** What a server sets without being asked. */
const setByServer: ReadonlySet<string> = new Set(['index.number_of_shards', 'index.number_of_replicas'])

/** Differences in fields and their types between two mappings. */
export function mappingDifferences(asked: JsonObject, actual: JsonObject): Change[] {
  const wanted = fieldTypes(asked)
  const found = fieldTypes(actual)
  const changes: Change[] = []
  for (const [where, type] of found) {
    const want = wanted.get(where)
    if (want === undefined) changes.push(change(where, `the target has this field (${type}) beyond the plan`))
    else if (want !== type) changes.push(change(where, `it is ${type} on the target where the plan says ${want}`))
  }
  for (const [where, type] of wanted) if (!found.has(where)) changes.push(change(where, `the target lacks this field (${type})`))
  return changes
}

function change(what: string, why: string): Change {
  return { kind: 'converted', what, why }
}
