import type { Change, Json } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'

/** Indices made by 2.x and carried on by 5.6 still have it, with `index` as a word. */
export const stringType: Rule = {
  id: 'string-type',
  why: 'the type string became text and keyword in Elasticsearch 5',
  applies: from => from.flavor === 'elasticsearch' && !atLeast(from.version, 6),
  rewrite: mappings => {
    const changes: Change[] = []
    const rewritten = rewriteFields(mappings, (definition, where) => {
      const { type, index, ...rest } = definition
      if (type !== 'string' && typeof index !== 'string') return definition
      const modern: Json | undefined = index === 'no' || index === 'false' ? false : undefined
      const modernType = type === 'string' ? (index === 'not_analyzed' ? 'keyword' : 'text') : type
      changes.push({ kind: 'converted', what: where, why: stringType.why })
      return {
        ...(modernType === undefined ? {} : { type: modernType }),
        ...rest,
        ...(modern === undefined ? {} : { index: modern }),
      }
    })
    return { mappings: rewritten, changes }
  },
}
