import { securityOf } from '../cluster/security.ts'
import { needsOf } from '../model/needs.ts'
import { noPlan, onBothSides } from './check.ts'
import type { Check } from './check.ts'
import { missingInOpensearch } from './privileges-opensearch.ts'
import { hiddenFrom, missingInElasticsearch } from './privileges-elasticsearch.ts'

export const privileges: Check = {
  id: 'privileges',
  title: 'privileges of both users, for this plan',
  code: 'forbidden',
  run: async (context, signal) =>
    await onBothSides('privileges', context, async cluster => {
      const needs = needsOf(cluster.side, context.plan)
      const security = await securityOf(cluster, signal)
      const { side } = cluster
      if (security.kind === 'none') return [{ about: side, severity: 'ok', message: 'No security: everybody may do everything.' }]
      const user = security.user === undefined ? `the ${side}'s user` : security.user
      const found =
        security.kind === 'x-pack'
          ? [...(await missingInElasticsearch(cluster, user, needs, signal)), ...(await hiddenFrom(cluster, user, needs, signal))]
          : await missingInOpensearch(cluster, security, needs, signal)
      if (!context.plan) found.push(noPlan(side, 'the privileges on its indices'))
      return found.length > 0 ? found : [{ about: side, severity: 'ok', message: `${user} may do everything the plan needs.` }]
    }),
}
