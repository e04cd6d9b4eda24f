import type { Rule } from '../rule.ts'

export const parent: Rule = {
  id: 'parent',
  why: 'parent and child types of Elasticsearch 5 need a join field, and every document rewritten for it',
  applies: () => true,
  rewrite: mappings => ({
    mappings,
    changes: [],
    refusals: mappings['_parent'] === undefined ? [] : [`_parent: ${parent.why}`],
  }),
}
