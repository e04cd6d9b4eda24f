import { keep, substitute } from './substitute.ts'

/** Keywords beyond 32,766 bytes are refused, and a character takes up to four of them; wildcard has no such limit. */
const longest = 8191

export const wildcard = substitute('wildcard', 'a target without wildcard has keyword for it', definition => ({
  definition: {
    type: 'keyword',
    ignore_above: longest,
    ...keep(definition, 'ignore_above', 'null_value', 'fields', 'copy_to', 'meta'),
  },
  lost: `values above ${longest} characters are not searched, and patterns that begin with * are slow`,
}))
