import type { Cluster } from '../cluster/cluster.ts'
import { jsonIfFound } from '../cluster/json.ts'
import { pluginRole, xPackRole } from '../cluster/role-body.ts'
import { xPackApi } from '../cluster/security.ts'
import type { Security } from '../cluster/security.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Side } from '../model/connection.ts'
import type { Need } from '../model/needs.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Secret } from '../model/secret.ts'
import { describeIdentity } from '../model/version.ts'
import { apiKeyStep, entityStep } from './steps.ts'
import type { AccessStep } from './steps.ts'

/** What a side's user shall be. */
export interface GrantRequest {
  /** Of the user or key, and of its role. */
  readonly name: string
  /** What it must be allowed; `guide` is what the usual guide for the cluster's own reindex gives it. */
  readonly rights: readonly Need[] | 'guide'
  readonly as: { readonly kind: 'user' } | { readonly kind: 'api-key'; readonly expiration: string }
  /** A new password, made and kept before it is sent; undefined: the user's own stays. */
  readonly password: () => Secret | undefined
  /** Keeps what the server made. */
  readonly onKey: (key: Secret) => void
}

export function grantedName(migration: string, side: Side): string {
  return `shardferry-${migration}-${side === 'source' ? 'reader' : 'writer'}`
}

/**
 * The steps that make a side's user, in order; the last one holds the secret, but for a role mapping behind it.
 * @throws ShardferryError `unsupported` where this cluster has no such thing
 */
export async function grantSteps(
  cluster: Cluster,
  security: Security,
  request: GrantRequest,
  signal: AbortSignal,
): Promise<readonly AccessStep[]> {
  switch (security.kind) {
    case 'none':
      throw unsupported(
        `The ${cluster.side} has no security switched on, so there is nobody to grant anything to.`,
        'It takes requests without a user: leave username and password out.',
      )
    case 'x-pack':
      return await xPackSteps(cluster, request, signal)
    case 'security-plugin':
      return pluginSteps(cluster, request)
  }
}

async function xPackSteps(cluster: Cluster, request: GrantRequest, signal: AbortSignal): Promise<readonly AccessStep[]> {
  const { name, rights, as } = request
  const { version } = cluster.identity
  if (rights === 'guide') await requireGuideRoles(cluster, signal)
  const ready = rights === 'guide' && cluster.side === 'source' ? guideRoles : undefined
  const xPack = rights === 'guide' ? guideRole : xPackRole(rights, version)
  const text = rightsText(
    xPack.cluster,
    xPack.indices.map(one => [one.names, one.privileges] as const),
  )
  const role = xPack as unknown as JsonObject
  if (as.kind === 'api-key') {
    if (ready)
      throw unsupported("The guide's reading user has roles, which an API key does not take.", 'Leave --api-key or --guide out.')
    const body = { expiration: as.expiration, role_descriptors: { [name]: role } }
    return [apiKeyStep(cluster, name, body, request.onKey, text)]
  }
  const user = (): JsonObject => ({ ...withPassword(request.password()), roles: ready ?? [name] })
  return [...(ready ? [] : [entityStep(cluster, 'role', name, () => role, text)]), entityStep(cluster, 'user', name, user)]
}

function pluginSteps(cluster: Cluster, { name, rights, as, password }: GrantRequest): readonly AccessStep[] {
  if (as.kind === 'api-key')
    throw unsupported(`The security plugin of the ${cluster.side} has no API keys.`, 'Leave --api-key out: a user is made.')
  if (rights === 'guide' && cluster.side === 'source')
    throw unsupported(
      `The guide's roles ${guideRoles.join(' and ')} are Elasticsearch's; the source is an OpenSearch and has neither.`,
      'Leave --guide out: a role with what is needed is made.',
    )
  const plugin = rights === 'guide' ? guidePluginRole : pluginRole(rights)
  const { cluster_permissions, index_permissions } = plugin
  const text = rightsText(
    cluster_permissions,
    index_permissions.map(one => [one.index_patterns, one.allowed_actions] as const),
  )
  const role = plugin as unknown as JsonObject
  return [
    entityStep(cluster, 'plugin-role', name, () => role, text),
    entityStep(cluster, 'plugin-user', name, () => withPassword(password())),
    entityStep(cluster, 'plugin-mapping', name, () => ({ users: [name] })),
  ]
}

/** `monitor; on cities, people: read, monitor` */
function rightsText(
  onCluster: readonly string[],
  onIndices: readonly (readonly [readonly string[], readonly string[]])[],
): string {
  const parts = onIndices.map(([names, privileges]) => `on ${names.join(', ')}: ${privileges.join(', ')}`)
  return [...(onCluster.length > 0 ? [onCluster.join(', ')] : []), ...parts].join('; ')
}

function withPassword(password: Secret | undefined): JsonObject {
  return password === undefined ? {} : { password: password.reveal() }
}

/** What the usual guide gives the user on the source. */
const guideRoles: readonly string[] = ['monitoring_user', 'viewer']
/** And on the target. */
const guideRole = { cluster: [], indices: [{ names: ['*'], privileges: ['create_index', 'write'] }] }
/** The security plugin refuses bulk requests and reindex as a whole without the cluster's own permission for them. */
const guidePluginRole = {
  cluster_permissions: ['cluster_composite_ops'],
  index_permissions: [{ index_patterns: ['*'], allowed_actions: ['create_index', 'write'] }],
}

/** A user may be given roles that do not exist (`viewer` on 7.10): it would have no rights, and nobody would be told. */
async function requireGuideRoles(cluster: Cluster, signal: AbortSignal): Promise<void> {
  if (cluster.side !== 'source') return
  for (const role of guideRoles) {
    const path = `${xPackApi(cluster)}/role/${role}`
    const found = await jsonIfFound<JsonObject>(cluster, { method: 'GET', path, signal })
    if (found?.[role] !== undefined) continue
    throw unsupported(
      `The source, ${describeIdentity(cluster.identity)}, has no role ${role}: a user with it would have no rights.`,
      `Leave --guide out: a role with exactly what is needed is made. Or make the role yourself: PUT ${path} {"indices":[{"names":["*"],"privileges":["read","view_index_metadata"]}]}`,
    )
  }
}

function unsupported(message: string, hint: string): ShardferryError {
  return new ShardferryError('unsupported', message, { hint })
}
