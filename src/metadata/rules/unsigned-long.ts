import { common, keep, substitute } from './substitute.ts'

export const unsignedLong = substitute('unsigned_long', 'a target without unsigned_long has long for it', definition => ({
  definition: { type: 'long', ...keep(definition, 'null_value', ...common), ignore_malformed: true },
  hides: true,
  lost: 'values above 2^63 - 1 stay in the document and are not searched',
}))
