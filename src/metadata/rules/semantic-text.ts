import { atLeast } from '../../model/version.ts'
import { keep, substitute } from './substitute.ts'

const lost = 'it is searched by its words, as no model is behind it'

/**
 * Since 8.18 documents hold the text alone, and before that an object with what a model made of it, which no text field
 * takes: such a field is left to the rule `known-types`.
 */
export const semanticText = substitute('semantic_text', 'a target without semantic_text has text for it', (definition, from) =>
  atLeast(from.version, 8, 18) ? { definition: { type: 'text', ...keep(definition, 'fields', 'meta') }, lost } : undefined,
)

export const semantic = substitute('semantic', "a target without OpenSearch's semantic has text for it", definition => ({
  definition: { type: 'text', ...keep(definition, 'fields', 'meta') },
  lost,
}))
