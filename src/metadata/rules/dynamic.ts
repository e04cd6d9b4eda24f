import type { Change, JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { asText } from '../tree.ts'

export const dynamic: Rule = {
  id: 'dynamic',
  why: 'a way of treating new fields that only one family knows',
  applies: () => true,
  rewrite: (mappings, _from, to) => {
    const changes: Change[] = []
    const convert = (definition: JsonObject, where: string): JsonObject => {
      const converted = targetDynamic(definition['dynamic'], to)
      if (converted === undefined) return definition
      changes.push({
        kind: 'converted',
        what: `${where}.dynamic`,
        why: `the target does not know ${asText(definition['dynamic'])}; ${converted} maps no new field either`,
      })
      return { ...definition, dynamic: converted }
    }
    return { mappings: rewriteFields(convert(mappings, 'mappings'), convert), changes }
  },
}

function targetDynamic(mode: JsonObject[string] | undefined, to: Identity): string | undefined {
  if (mode === 'runtime' && !(to.flavor === 'elasticsearch' && atLeast(to.version, 7, 11))) return 'false'
  if (to.flavor === 'opensearch') return undefined
  if (mode === 'strict_allow_templates') return 'strict'
  return mode === 'false_allow_templates' ? 'false' : undefined
}
