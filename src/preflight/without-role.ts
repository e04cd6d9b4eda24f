import type { Connection } from '../cluster/cluster.ts'
import { jsonIfFound } from '../cluster/json.ts'
import type { Auth } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'

/**
 * A user that the security plugin knows but has mapped to no role may do nothing at all, not even ask for the version:
 * that is told from a missing privilege. Undefined where it is something else.
 */
export async function withoutRole(
  connection: Connection,
  auth: Auth,
  error: ShardferryError,
  signal: AbortSignal,
): Promise<ShardferryError | undefined> {
  if (error.code !== 'forbidden' || !error.message.includes('cluster:monitor/main')) return undefined
  const api = '/_plugins/_security'
  const request = { method: 'GET', path: `${api}/authinfo`, signal } as const
  const info = await jsonIfFound<{ user_name?: string; roles?: readonly string[] }>(connection, request).catch(() => undefined)
  if (info?.roles === undefined) return undefined
  const user = info.user_name ?? (auth.kind === 'basic' ? auth.username : 'USER')
  const { side } = connection
  // Everybody has `own_index` by the plugin's default mapping.
  const roles = info.roles.filter(role => role !== 'own_index')
  const message =
    roles.length === 0
      ? `The ${side} at ${connection.address} knows the user ${user}, but no role is mapped to it, so it may do nothing.`
      : `The ${side} at ${connection.address} does not let ${user} ask for its version (cluster:monitor/main); its roles are ${roles.join(', ')}.`
  const mapped = JSON.stringify({ users: [user] })
  const hint =
    roles.length === 0
      ? `On the ${side}, as an administrator, with the role made for it in place of ROLE. Which users it has already:\nGET ${api}/api/rolesmapping/ROLE\nThen all of them, with this one:\nPUT ${api}/api/rolesmapping/ROLE ${mapped}`
      : `Give one of its roles the right, on the ${side}, as an administrator:\nPATCH ${api}/api/roles/${roles[0] ?? 'ROLE'} [{"op":"add","path":"/cluster_permissions/-","value":"cluster_monitor"}]\nThen check again: it names what else is missing. Of a user that access grant --guide made, access grant without --guide adds all of it at once and keeps the password`
  return new ShardferryError('forbidden', message, { hint, status: 403 })
}
