import { atLeast } from '../../model/version.ts'
import { keep, substitute } from './substitute.ts'

const words = { hides: true, lost: 'it is searched by its words, as no model is behind it' } as const

/**
 * Since 8.18 documents hold the text alone, and before that an object with what a model made of it, which no text field
 * takes: such a field is left to the rule `known-types`.
 */
export const semanticText = substitute('semantic_text', 'a target without semantic_text has text for it', (definition, from) =>
  atLeast(from.version, 8, 18) ? { definition: { type: 'text', ...keep(definition, 'fields', 'meta') }, ...words } : undefined,
)

export const semantic = substitute('semantic', "a target without OpenSearch's semantic has text for it", definition => ({
  definition: { type: 'text', ...keep(definition, 'fields', 'meta') },
  ...words,
}))
