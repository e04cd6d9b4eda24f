import { keep, substitute } from './substitute.ts'

export const countedKeyword = substitute(
  'counted_keyword',
  'a target without counted_keyword has keyword for it',
  definition => ({
    definition: { type: 'keyword', ...keep(definition, 'index', 'meta') },
    lost: 'how often a value stands in a document is not counted',
  }),
)
