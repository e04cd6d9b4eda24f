import type { Change } from '../../model/plan.ts'
import { rewriteFields } from '../fields.ts'
import type { Rule } from '../rule.ts'
import { hasClassicSimilarity } from '../similarity.ts'
import { without } from '../tree.ts'

export const classicSimilarity: Rule = {
  id: 'classic-similarity',
  why: 'the similarity classic was removed in Elasticsearch 7; BM25 finds the same and ranks it otherwise',
  applies: (_from, to) => !hasClassicSimilarity(to),
  rewrite: mappings => {
    const changes: Change[] = []
    const rewritten = rewriteFields(mappings, (definition, where) => {
      if (definition['similarity'] !== 'classic') return definition
      changes.push({ kind: 'converted', what: `${where}.similarity`, why: classicSimilarity.why })
      return without(definition, 'similarity')
    })
    return { mappings: rewritten, changes }
  },
}
