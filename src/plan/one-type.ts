import type { IndexDefinition } from '../metadata/read.ts'
import { isObject } from '../metadata/tree.ts'
import type { JsonObject } from '../model/plan.ts'

/**
 * An index of several mapping types as if it had the one that the query asks for, `{"term": {"_type": "lake"}}`: ids are
 * unique within a type only, so that types go to indices of their own, each by a migration of its own.
 */
export function oneTypeOf(definition: IndexDefinition, query: JsonObject | undefined): IndexDefinition {
  const term = query?.['term']
  const type = isObject(term) && Object.keys(term).length === 1 ? term['_type'] : undefined
  const mappings = typeof type === 'string' ? definition.severalTypes[type] : undefined
  return mappings === undefined ? definition : { ...definition, mappings, severalTypes: {} }
}

/** Why an index of several types is refused, and what to do. */
export function severalTypesRefusal({ name, severalTypes }: IndexDefinition): string | undefined {
  const types = Object.keys(severalTypes)
  const [first] = types
  if (first === undefined) return undefined
  const query = JSON.stringify({ term: { _type: first } })
  const rename = JSON.stringify(`{index}-${first.toLowerCase()}`)
  return `several mapping types (${types.join(', ')}), and an id may stand in each; move every type into an index of its own, by a migration of its own: --index ${name} --name ${first.toLowerCase()} --query '${query}' --rename ${rename}`
}
