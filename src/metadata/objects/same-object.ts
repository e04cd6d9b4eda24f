import { isDeepStrictEqual } from 'node:util'
import type { Json, JsonObject } from '../../model/plan.ts'
import { asText, isObject, settingsByName } from '../tree.ts'

/** Whether two definitions say the same: servers give values back as text, settings as a tree, and leave out what is empty. */
export function sameObject(a: JsonObject, b: JsonObject): boolean {
  return isDeepStrictEqual(normal(a), normal(b))
}

function normal(value: Json): unknown {
  if (Array.isArray(value)) return value.length === 1 ? normal(value[0] as Json) : (value as readonly Json[]).map(normal)
  if (!isObject(value)) return asText(value)
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, key === 'settings' && isObject(inner) ? flat(inner) : normal(inner)] as const)
      .filter(([, inner]) => !isDeepStrictEqual(inner, {}) && !isDeepStrictEqual(inner, []))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function flat(settings: JsonObject): unknown {
  return Object.fromEntries([...settingsByName(settings)].map(([name, value]) => [name, normal(value)]))
}
