import type { JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import type { Rule } from '../rule.ts'
import { unknownType } from '../types.ts'
import { keep, substitute } from './substitute.ts'
import type { Substitute } from './substitute.ts'

/** Elasticsearch calls them shape and point, OpenSearch xy_shape and xy_point; documents are the same. */
export const cartesian: readonly Rule[] = [
  ['shape', 'xy_shape'],
  ['point', 'xy_point'],
].flatMap(([one = '', other = '']) => [renamed(one, other), renamed(other, one)])

function renamed(type: string, name: string): Rule {
  const become = (definition: JsonObject, from: Identity, to: Identity): Substitute | undefined =>
    unknownType(name, from, to) === undefined
      ? { definition: { type: name, ...keep(definition, 'ignore_malformed', 'ignore_z_value', 'meta') } }
      : undefined
  return substitute(type, `${type} of the source is ${name} on the target`, become)
}
