import type { Json, JsonObject } from '../model/plan.ts'

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value in a message or where a string is wanted: strings as they are. */
export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** A setting's value that says yes, however it is written. */
export function isOn(value: Json | undefined): boolean {
  return value === true || value === 'true'
}

/** The object without some keys. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}

/** One setting by its full name, such as `index.number_of_shards`, wherever the tree is nested and wherever it has dots. */
export function setting(settings: JsonObject, name: string): Json | undefined {
  return settingsByName(settings).get(name)
}

/** Every setting by its full name, which always starts with `index.`; lists are single values. */
export function settingsByName(settings: JsonObject): Map<string, Json> {
  const found = new Map<string, Json>()
  editSettings(settings, (name, value) => {
    found.set(name, value)
    return value
  })
  return found
}

/** The same tree with every setting replaced by what `edit` gives for it; undefined takes it out, and objects left empty go too. */
export function editSettings(settings: JsonObject, edit: (name: string, value: Json) => Json | undefined): JsonObject {
  return editTree(settings, '', edit)
}

function editTree(tree: JsonObject, prefix: string, edit: (name: string, value: Json) => Json | undefined): JsonObject {
  const kept: [string, Json][] = []
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (isObject(value)) {
      const inner = editTree(value, path, edit)
      if (Object.keys(inner).length > 0) kept.push([key, inner])
      continue
    }
    const edited = edit(path.startsWith('index.') ? path : `index.${path}`, value)
    if (edited !== undefined) kept.push([key, edited])
  }
  return Object.fromEntries(kept)
}

/** The tree with a setting added under `index`. */
export function withSetting(settings: JsonObject, name: string, value: Json): JsonObject {
  const index = isObject(settings['index']) ? settings['index'] : {}
  return { ...settings, index: { ...index, [name.replace(/^index\./, '')]: value } }
}
