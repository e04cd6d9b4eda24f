import type { JsonObject } from '../model/plan.ts'
import { isObject } from './flat-settings.ts'

/** One mapper, as the servers count them: fields, objects, and the fields of a field. */
export interface MappedField {
  /** `address.city`; `title.raw` for a field of a field. */
  readonly name: string
  readonly type: string
  /** Levels of objects above it, itself included. */
  readonly depth: number
}

/** Everything that counts towards `index.mapping.total_fields.limit`. */
export function mappedFields(mappings: JsonObject): MappedField[] {
  return fieldsBelow(mappings, '', 1)
}

function fieldsBelow(parent: JsonObject, prefix: string, depth: number): MappedField[] {
  return (['properties', 'fields'] as const).flatMap(group => {
    const children = parent[group]
    if (!isObject(children)) return []
    return Object.entries(children).flatMap(([key, definition]) => {
      if (!isObject(definition)) return []
      const name = prefix === '' ? key : `${prefix}.${key}`
      const type = typeof definition['type'] === 'string' ? definition['type'] : 'object'
      return [
        { name, type, depth },
        ...ofJoin(name, definition, depth),
        ...fieldsBelow(definition, name, group === 'properties' ? depth + 1 : depth),
      ]
    })
  })
}

/** A join has a hidden field for each parent and one for itself (Elasticsearch 7.10). */
function ofJoin(name: string, { type, relations }: JsonObject, depth: number): MappedField[] {
  if (type !== 'join' || !isObject(relations)) return []
  return ['', ...Object.keys(relations)].map(parent => ({ name: `${name}#${parent}`, type: 'parent', depth }))
}
