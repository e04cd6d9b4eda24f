import type { Change } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'

/** `flat_object` takes no parameters at all (OpenSearch 2.19 and 3.8 refuse `ignore_above`). */
export const flattened: Rule = {
  id: 'flattened',
  why: "OpenSearch's flat_object is what flattened is in Elasticsearch",
  applies: (from, to) =>
    from.flavor !== to.flavor && atLeast(to.version, to.flavor === 'opensearch' ? 2 : 7, to.flavor === 'opensearch' ? 7 : 3),
  rewrite: (mappings, _from, to) => {
    const changes: Change[] = []
    const [old, type] = to.flavor === 'opensearch' ? ['flattened', 'flat_object'] : ['flat_object', 'flattened']
    const rewritten = rewriteFields(mappings, (definition, where) => {
      if (definition['type'] !== old) return definition
      const lost = Object.keys(definition).filter(key => key !== 'type')
      changes.push({
        kind: 'converted',
        what: where,
        why: `${old} is ${type} on the target${lost.length > 0 ? `; it has no ${lost.join(', ')}` : ''}`,
      })
      return { type }
    })
    return { mappings: rewritten, changes }
  },
}
