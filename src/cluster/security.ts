import { atLeast } from '../model/version.ts'
import type { Cluster } from './cluster.ts'
import { refusal } from './refusal.ts'

/** Which security a cluster has, where its API is, and who we are to it. */
export type Security =
  | { readonly kind: 'none' }
  | { readonly kind: 'x-pack'; readonly api: string; readonly user: string | undefined }
  | { readonly kind: 'security-plugin'; readonly api: string; readonly user: string | undefined }

/** Elasticsearch without X-Pack may carry Open Distro's plugin. */
export async function securityOf(cluster: Cluster, signal: AbortSignal): Promise<Security> {
  if (cluster.identity.flavor === 'elasticsearch') {
    const api = xPackApi(cluster)
    const answer = await whoAmI<{ username?: string }>(cluster, `${api}/_authenticate`, signal)
    if (answer) return { kind: 'x-pack', api, user: answer.username }
  }
  const api = pluginApi(cluster)
  const answer = await whoAmI<{ user_name?: string }>(cluster, `${api}/authinfo`, signal)
  return answer ? { kind: 'security-plugin', api, user: answer.user_name } : { kind: 'none' }
}

/** The security API moved out of `_xpack` with 7.0. */
export function xPackApi({ identity: { version } }: Pick<Cluster, 'identity'>): string {
  return atLeast(version, 7) ? '/_security' : '/_xpack/security'
}

export function pluginApi({ identity: { flavor } }: Pick<Cluster, 'identity'>): string {
  return flavor === 'opensearch' ? '/_plugins/_security' : '/_opendistro/_security'
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
