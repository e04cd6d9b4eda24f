import type { Cluster } from '../cluster/cluster.ts'
import { refusal } from '../cluster/refusal.ts'
import { noPlan, onBothSides } from './check.ts'
import type { Check } from './check.ts'
import { needsOf } from './needs.ts'
import { missingInOpensearch } from './privileges-opensearch.ts'
import { hiddenFrom, missingInElasticsearch, xpackApi } from './privileges-elasticsearch.ts'

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

export type Security =
  | { readonly kind: 'none' }
  | { readonly kind: 'x-pack'; readonly user: string | undefined }
  | { readonly kind: 'security-plugin'; readonly api: string; readonly user: string | undefined }

/** Which security there is, and who we are to it. Elasticsearch without X-Pack may carry Open Distro's plugin. */
async function securityOf(cluster: Cluster, signal: AbortSignal): Promise<Security> {
  if (cluster.identity.flavor === 'elasticsearch') {
    const answer = await whoAmI<{ username?: string }>(cluster, `${xpackApi(cluster)}/_authenticate`, signal)
    if (answer) return { kind: 'x-pack', user: answer.username }
  }
  const api = cluster.identity.flavor === 'opensearch' ? '/_plugins/_security' : '/_opendistro/_security'
  const answer = await whoAmI<{ user_name?: string }>(cluster, `${api}/authinfo`, signal)
  return answer ? { kind: 'security-plugin', api, user: answer.user_name } : { kind: 'none' }
}

/** Undefined where the API is not there, switched off or not in the licence: then nothing is forbidden by it. */
async function whoAmI<T>(cluster: Cluster, path: string, signal: AbortSignal): Promise<T | undefined> {
  const request = { method: 'GET', path, signal } as const
  const answer = await cluster.exchange(request)
  if (answer.status < 400) return JSON.parse(new TextDecoder().decode(answer.body)) as T
  if ([400, 404, 405].includes(answer.status)) return undefined
  const error = refusal(cluster, request, answer)
  if (/licen[cs]e|explicitly enabled|not enabled|disabled/i.test(error.message)) return undefined
  throw error
}
