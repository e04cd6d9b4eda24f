import type { Change } from '../../model/plan.ts'
import { describeIdentity } from '../../model/version.ts'
import { fieldName, rewriteFields, typeOf } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { unknownType } from '../types.ts'

/** Runs after all conversions of types: for what they have not converted and the target does not know, the choice decides. */
export const knownTypes: Rule = {
  id: 'known-types',
  why: 'a field type that the target does not know',
  applies: () => true,
  rewrite: (mappings, from, to, { unknownTypes }) => {
    const refusals: string[] = []
    const changes: Change[] = []
    const rewritten = rewriteFields(mappings, (definition, where) => {
      const type = typeOf(definition)
      const reason = unknownType(type, from, to)
      if (reason === undefined) return definition
      const unknown = `${type}, which ${describeIdentity(to)} does not know: ${reason}`
      if (unknownTypes === 'refuse') {
        refusals.push(`${fieldName(where)} is of type ${unknown}`)
        return definition
      }
      changes.push({
        kind: 'dropped',
        what: where,
        why: `of type ${unknown}; its values stay in the documents and are not searched`,
      })
      // A disabled object takes any value; a field within another has none of its own.
      return /\.fields\.[^.]+$/.test(where) ? undefined : { type: 'object', enabled: false }
    })
    return { mappings: rewritten, changes, refusals }
  },
}
