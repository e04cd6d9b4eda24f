import { fieldName, rewriteFields, typeOf } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { describeIdentity } from '../../model/version.ts'
import { unknownType } from '../types.ts'

/** Runs last: what the other rules have not converted and the target does not know is refused. */
export const knownTypes: Rule = {
  id: 'known-types',
  why: 'a field type that the target does not know',
  applies: () => true,
  rewrite: (mappings, from, to) => {
    const refusals: string[] = []
    rewriteFields(mappings, (definition, where) => {
      const type = typeOf(definition)
      const reason = unknownType(type, from, to)
      if (reason !== undefined)
        refusals.push(`${fieldName(where)} is of type ${type}, which ${describeIdentity(to)} does not know: ${reason}`)
      return definition
    })
    return { mappings, changes: [], refusals }
  },
}
