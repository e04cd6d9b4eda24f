import type { Change, JsonObject } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { fieldName, rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { isObject, without } from '../tree.ts'

export const subobjects: Rule = {
  id: 'subobjects',
  why: 'the target makes objects of dotted names',
  applies: (_from, to) => to.flavor === 'opensearch' || !atLeast(to.version, 8, 3),
  rewrite: mappings => {
    const changes: Change[] = []
    const refusals: string[] = []
    const convert = (definition: JsonObject, where: string): JsonObject => {
      if (definition['subobjects'] === undefined) return definition
      changes.push({ kind: 'dropped', what: `${where}.subobjects`, why: subobjects.why })
      const properties = isObject(definition['properties']) ? Object.keys(definition['properties']) : []
      const both = properties.filter(name => properties.some(other => other.startsWith(`${name}.`)))
      refusals.push(
        ...both.map(name => `${fieldName(`${where}.properties.${name}`)} has a value and names within it, and ${subobjects.why}`),
      )
      return without(definition, 'subobjects')
    }
    return { mappings: rewriteFields(convert(mappings, 'mappings'), convert), changes, refusals }
  },
}
