import type { CheckContext } from './check.ts'
import { describeIdentity } from '../model/version.ts'
import { reindexRoute } from '../model/reindex-routes.ts'
import { attempted, engineOf } from './check.ts'
import type { Check, Found } from './check.ts'
import { whyUnconnected } from './unconnected.ts'

/** Which engine can take documents from this source to this target. */
export const engines: Check = {
  id: 'engines',
  title: 'what can move documents between these versions',
  code: 'unsupported',
  run: async context => {
    // Without both versions there is nothing to tell; the connection's own finding says so.
    if (whyUnconnected(context.source) ?? whyUnconnected(context.target)) return []
    return await attempted('engines', 'migration', () => Promise.resolve([stream(context), reindex(context)]))
  },
}

/** The versions themselves are judged by the check `versions`. */
function stream({ source, target }: CheckContext): Found {
  const message = `Engine stream: reads ${describeIdentity(source.identity)} and writes ${describeIdentity(target.identity)} itself; no node needs to reach another.`
  return { about: 'migration', severity: 'ok', message }
}

function reindex(context: CheckContext): Found {
  const { source, target } = context
  const { verdict, why } = reindexRoute(source.identity, target.identity)
  const chosen = engineOf(context) === 'reindex'
  const remedy = 'Move with the engine stream, which has no such limit: --engine stream'
  switch (verdict) {
    case 'works':
      return { about: 'migration', severity: 'ok', message: `Engine reindex: ${why} by its own _reindex.` }
    case 'untried':
      return chosen
        ? { about: 'migration', severity: 'warning', message: `Engine reindex: not known to work; ${why}.`, remedy }
        : { about: 'migration', severity: 'info', message: `Engine reindex: not known to work; ${why}.` }
    case 'fails':
      return chosen
        ? { about: 'migration', severity: 'error', message: `Engine reindex: cannot be used; ${why}.`, remedy }
        : { about: 'migration', severity: 'info', message: `Engine reindex: cannot be used; ${why}.` }
  }
}
