import type { AliasDefinition, JsonObject } from './plan.ts'

/** What of an index may change while it is followed. */
export interface Definition {
  readonly mappings: JsonObject
  readonly aliases: Readonly<Record<string, AliasDefinition>>
}

/** A mapping that has grown: what came is added, and stands in the place of what it changes. */
export function grown(mapping: JsonObject, growth: JsonObject): JsonObject {
  const fields: Record<string, JsonObject> = { ...propertiesOf(mapping) }
  for (const [name, field] of Object.entries(propertiesOf(growth))) {
    const old = fields[name]
    fields[name] = old ? grown(old, field) : field
  }
  const { properties: _, ...own } = growth
  return { ...mapping, ...own, ...(Object.keys(fields).length === 0 ? {} : { properties: fields }) }
}

function propertiesOf({ properties }: JsonObject): Readonly<Record<string, JsonObject>> {
  return (properties ?? {}) as Readonly<Record<string, JsonObject>>
}
