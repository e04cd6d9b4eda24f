import { keep, substitute } from './substitute.ts'

export const matchOnlyText = substitute('match_only_text', 'a target without match_only_text has text for it', definition => ({
  definition: { type: 'text', norms: false, ...keep(definition, 'fields', 'copy_to', 'meta', 'analyzer') },
  lost: 'it takes more room',
}))
