import { json } from '../../cluster/json.ts'
import type { JsonObject } from '../../model/plan.ts'
import { isObject, without } from '../tree.ts'
import type { ObjectKind } from './object-kind.ts'

/** No API lists stored scripts but the cluster state. */
export const storedScripts: ObjectKind = {
  name: 'stored-script',
  part: 'scripts',
  known: () => true,
  read: async (cluster, signal) => {
    const answer = await json<{ metadata?: { stored_scripts?: Record<string, JsonObject> } }>(cluster, {
      method: 'GET',
      path: '/_cluster/state/metadata',
      query: { filter_path: 'metadata.stored_scripts' },
      signal,
    })
    const scripts = Object.entries(answer.metadata?.stored_scripts ?? {})
    return Object.fromEntries(scripts.map(([name, script]) => [name, { script: withoutEmptyOptions(script) }]))
  },
  convert: definition => {
    const script = definition['script']
    const lang = isObject(script) ? script['lang'] : undefined
    const known = typeof lang === 'string' && ['painless', 'mustache', 'expression'].includes(lang)
    return { definition, changes: [], refusals: known ? [] : [`no target has the script language ${JSON.stringify(lang)}`] }
  },
  path: (_server, name) => `/_scripts/${encodeURIComponent(name)}`,
}

/** Options are given back as they are stored, and a server takes none of its own. */
function withoutEmptyOptions(script: JsonObject): JsonObject {
  const { options } = script
  return isObject(options) && Object.keys(options).some(name => name !== 'content_type') ? script : without(script, 'options')
}
