import type { JsonObject } from '../model/plan.ts'
import { sameTree } from './same-tree.ts'
import { isObject, without } from './tree.ts'

/**
 * What a mapping has that it had not before, as a mapping that a server merges into the old one: new fields, and fields
 * whose parameters changed, whole; undefined where there is nothing. Fields never go from a mapping.
 */
export function mappingGrowth(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const changed = Object.entries(without(after, 'properties')).filter(([key, value]) => !sameTree(before[key], value))
  const fields = grownFields(before['properties'], after['properties'])
  if (changed.length === 0 && fields === undefined) return undefined
  return { ...Object.fromEntries(changed), ...(fields && { properties: fields }) }
}

function grownFields(before: JsonObject[string] | undefined, after: JsonObject[string] | undefined): JsonObject | undefined {
  if (!isObject(after)) return undefined
  const had = isObject(before) ? before : {}
  const grown = Object.entries(after).flatMap(([name, field]) => {
    const old = had[name]
    if (sameTree(old, field)) return []
    if (!isObject(old) || !isObject(field)) return [[name, field] as const]
    // A field that was there is told with all its own parameters: a server takes those that are missing for their defaults.
    const inner = grownFields(old['properties'], field['properties'])
    return [[name, { ...without(field, 'properties'), ...(inner && { properties: inner }) }] as const]
  })
  return grown.length === 0 ? undefined : Object.fromEntries(grown)
}
