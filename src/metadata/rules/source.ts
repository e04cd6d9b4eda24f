import type { Change } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import type { Rule } from '../rule.ts'
import { isObject, without } from '../tree.ts'

export const source: Rule = {
  id: 'source',
  why: 'documents are moved by their _source',
  applies: () => true,
  rewrite: (mappings, _from, to) => {
    const own = mappings['_source']
    if (!isObject(own)) return { mappings, changes: [] }
    if (own['enabled'] === false || own['enabled'] === 'false' || own['mode'] === 'disabled')
      return {
        mappings,
        changes: [],
        refusals: ['its documents have no _source (_source.enabled is false), so there is nothing to copy'],
      }
    const changes: Change[] = []
    for (const key of ['includes', 'excludes'])
      if (own[key] !== undefined)
        changes.push({
          kind: 'dropped',
          what: `mappings._source.${key}`,
          why: 'the source has not kept what this left out of _source: searches on such fields find nothing on the target',
        })
    const knowsMode = to.flavor === 'elasticsearch' && atLeast(to.version, 8, 4)
    if (own['mode'] === undefined || knowsMode) return { mappings, changes }
    changes.push({
      kind: 'dropped',
      what: 'mappings._source.mode',
      why: 'the target stores _source as it is written, which is as the source rebuilds it',
    })
    const rest = without(own, 'mode')
    const others = without(mappings, '_source')
    return { mappings: Object.keys(rest).length > 0 ? { ...others, _source: rest } : others, changes }
  },
}
