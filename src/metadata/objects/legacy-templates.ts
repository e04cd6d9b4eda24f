import { json } from '../../cluster/json.ts'
import type { Change, Json, JsonObject } from '../../model/plan.ts'
import { isObject, without } from '../tree.ts'
import { isManaged } from './object-kind.ts'
import type { ObjectKind } from './object-kind.ts'
import { convertTemplateBody } from './template-body.ts'

/** `_template`. Elasticsearch 5 has one pattern under `template`, and 5 and 6 have a type's name around the mappings. */
export const legacyTemplates: ObjectKind = {
  name: 'legacy-template',
  part: 'templates',
  known: () => true,
  read: async (cluster, signal) => {
    const found = await json<Record<string, JsonObject>>(cluster, { method: 'GET', path: '/_template', signal })
    return Object.fromEntries(Object.entries(found).filter(([name, template]) => !isManaged(name, template)))
  },
  convert: (definition, from, to, choices) => {
    const changes: Change[] = []
    const patterned = withPatterns(definition, changes)
    const { mappings, refusal } = untyped(patterned['mappings'])
    const converted = convertTemplateBody({ ...patterned, mappings }, from, to, choices)
    return {
      definition: converted.definition,
      changes: [...changes, ...converted.changes],
      refusals: refusal === undefined ? converted.refusals : [refusal],
    }
  },
  path: (_server, name) => `/_template/${encodeURIComponent(name)}`,
}

function withPatterns(definition: JsonObject, changes: Change[]): JsonObject {
  const { template } = definition
  if (typeof template !== 'string') return definition
  changes.push({ kind: 'converted', what: 'template', why: 'Elasticsearch 6 and later say index_patterns' })
  return { index_patterns: [template], ...without(definition, 'template') }
}

const parts = [
  'properties',
  'dynamic',
  'dynamic_templates',
  '_source',
  '_routing',
  '_meta',
  'date_detection',
  'numeric_detection',
]

/** A type's mappings are an object whose keys are none of those that mappings have. */
function untyped(mappings: Json | undefined): { mappings: JsonObject; refusal?: string } {
  if (!isObject(mappings)) return { mappings: {} }
  const types = Object.entries(mappings).filter(([key, inner]) => isObject(inner) && !parts.includes(key) && !key.startsWith('_'))
  const fallback = mappings['_default_']
  if (types.length > 1)
    return { mappings: {}, refusal: `it maps several types (${types.map(([type]) => type).join(', ')}), and targets know none` }
  const [only] = types
  if (only) return { mappings: only[1] as JsonObject }
  const under = mappings['_doc'] ?? fallback
  return { mappings: isObject(under) ? under : mappings }
}
