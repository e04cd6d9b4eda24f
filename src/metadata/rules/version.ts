import { common, keep, substitute } from './substitute.ts'

export const version = substitute('version', 'a target without version has keyword for it', definition => ({
  definition: { type: 'keyword', ...keep(definition, ...common) },
  lost: 'versions sort and compare as text: 1.10 before 1.9',
}))
