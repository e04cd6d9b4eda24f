import { without } from '../tree.ts'
import { substitute } from './substitute.ts'

export const passthrough = substitute('passthrough', 'a target without passthrough has object for it', definition => ({
  definition: { type: 'object', ...without(definition, 'type', 'priority', 'time_series_dimension') },
  hides: true,
  lost: 'its fields are found by their full names only',
}))
