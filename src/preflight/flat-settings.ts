import type { Json, JsonObject } from '../model/plan.ts'

/** Index settings as one key each, which always starts with `index.`, wherever the tree is nested and wherever it has dots. */
export function flatSettings(settings: JsonObject): Map<string, Json> {
  const flat = new Map<string, Json>()
  const add = (tree: JsonObject, prefix: string): void => {
    for (const [key, value] of Object.entries(tree)) {
      const path = prefix === '' ? key : `${prefix}.${key}`
      if (isObject(value)) add(value, path)
      else flat.set(path.startsWith('index.') ? path : `index.${path}`, value)
    }
  }
  add(settings, '')
  return flat
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
