import type { Change } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'

export const constantKeyword: Rule = {
  id: 'constant-keyword',
  why: 'OpenSearch takes no constant_keyword without its value; keyword holds the same',
  applies: (from, to) => from.flavor === 'elasticsearch' && to.flavor === 'opensearch' && atLeast(to.version, 2, 14),
  rewrite: mappings => {
    const changes: Change[] = []
    const rewritten = rewriteFields(mappings, (definition, where) => {
      if (definition['type'] !== 'constant_keyword' || definition['value'] !== undefined) return definition
      changes.push({ kind: 'converted', what: where, why: constantKeyword.why })
      return { ...definition, type: 'keyword' }
    })
    return { mappings: rewritten, changes }
  },
}
