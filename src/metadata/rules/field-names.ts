import { atLeast } from '../../model/version.ts'
import type { Rule } from '../rule.ts'
import { isObject, without } from '../tree.ts'

export const fieldNames: Rule = {
  id: 'field-names',
  why: '_field_names can no longer be disabled since Elasticsearch 8; exists queries work either way',
  applies: (_from, to) => to.flavor === 'elasticsearch' && atLeast(to.version, 8),
  rewrite: mappings => {
    const own = mappings['_field_names']
    if (!isObject(own) || own['enabled'] === undefined) return { mappings, changes: [] }
    const rest = without(own, 'enabled')
    const others = without(mappings, '_field_names')
    return {
      mappings: Object.keys(rest).length > 0 ? { ...others, _field_names: rest } : others,
      changes: [{ kind: 'dropped', what: 'mappings._field_names.enabled', why: fieldNames.why }],
    }
  },
}
