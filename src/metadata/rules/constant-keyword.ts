import type { Change } from '../../model/plan.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { unknownType } from '../types.ts'

/** Documents need not name the value of a constant_keyword, and those that do not have it all the same. */
export const constantKeyword: Rule = {
  id: 'constant-keyword',
  why: 'the target takes no constant_keyword, or none without its value; keyword holds the same',
  applies: (from, to) => from.flavor === 'elasticsearch' || unknownType('constant_keyword', from, to) !== undefined,
  rewrite: (mappings, from, to) => {
    const changes: Change[] = []
    const unknown = unknownType('constant_keyword', from, to) !== undefined
    const rewritten = rewriteFields(mappings, (definition, where) => {
      const { type, value } = definition
      if (type !== 'constant_keyword') return definition
      if (!unknown && (value !== undefined || to.flavor === 'elasticsearch')) return definition
      const lost = value === undefined ? '' : '; documents that do not name the value are found by it no longer'
      changes.push({ kind: 'converted', what: where, why: constantKeyword.why + lost })
      return { type: 'keyword' }
    })
    return { mappings: rewritten, changes }
  },
}
