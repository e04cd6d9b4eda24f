import { securityOf } from '../cluster/security.ts'
import type { Side } from '../model/connection.ts'
import { grants, needsOf } from '../model/needs.ts'
import type { Need, What } from '../model/needs.ts'
import { noPlan, onBothSides } from './check.ts'
import type { Check, Found } from './check.ts'
import { shortList } from './name-lists.ts'
import { missingInOpensearch } from './privileges-opensearch.ts'
import { hiddenFrom, missingInElasticsearch } from './privileges-elasticsearch.ts'

export const privileges: Check = {
  id: 'privileges',
  title: 'privileges of both users, for this plan',
  code: 'forbidden',
  run: async (context, signal) =>
    await onBothSides('privileges', context, async cluster => {
      const needs = needsOf(cluster.side, context.plan, context.follow ? 'live' : 'copy')
      const security = await securityOf(cluster, signal)
      const { side } = cluster
      if (security.kind === 'none') return [{ about: side, severity: 'ok', message: 'No security: everybody may do everything.' }]
      const user = security.user === undefined ? `the ${side}'s user` : security.user
      const { found: missing, lacking } =
        security.kind === 'x-pack'
          ? await missingInElasticsearch(cluster, user, needs, signal)
          : await missingInOpensearch(cluster, security, needs, signal)
      const hidden = security.kind === 'x-pack' ? await hiddenFrom(cluster, user, needs, signal) : []
      const found = [...missing, ...hidden, ...(context.plan ? [] : [noPlan(side, 'the privileges on its indices')])]
      if (found.length === 0) return [{ about: side, severity: 'ok', message: `${user} may do everything the plan needs.` }]
      return [...allowed(side, user, needs, lacking), ...found]
    }),
}

/** What works in spite of what is missing. */
function allowed(side: Side, user: string, needs: readonly Need[], lacking: ReadonlySet<What>): Found[] {
  if (lacking.size === 0) return []
  const may = [...new Set(needs.filter(({ what }) => !lacking.has(what)).map(({ what }) => grants[what].why))]
  if (may.length === 0) return []
  return [{ about: side, severity: 'info', message: `${user} may ${shortList(may, 12)}.` }]
}
