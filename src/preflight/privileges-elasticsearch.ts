import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { ShardferryError } from '../model/errors.ts'
import { atLeast } from '../model/version.ts'
import type { Found } from './check.ts'
import { shortList } from './name-lists.ts'
import { grants } from './needs.ts'
import type { Need } from './needs.ts'
import { elasticsearchRole, withRole } from './role-body.ts'

/** The security API moved out of `_xpack` with 7.0. */
export function xpackApi({ identity: { version } }: Cluster): string {
  return atLeast(version, 7) ? '/_security' : '/_xpack/security'
}

type Answers = Readonly<Record<string, boolean>>

/** Asks `_has_privileges`, which every user may; one finding for each privilege that is missing. */
export async function missingInElasticsearch(
  cluster: Cluster,
  user: string,
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<Found[]> {
  const asked = needs.flatMap(need => {
    const privilege = grants[need.what].elasticsearch
    return privilege === undefined ? [] : [{ ...need, privilege, level: grants[need.what].level }]
  })
  const answer = await json<{ cluster?: Answers; index?: Readonly<Record<string, Answers>> }>(cluster, {
    method: 'POST',
    path: `${xpackApi(cluster)}/user/_has_privileges`,
    body: {
      cluster: asked.flatMap(({ level, privilege }) => (level === 'cluster' ? [privilege] : [])),
      index: asked.flatMap(({ level, indices, privilege }) =>
        level === 'index' ? [{ names: indices, privileges: [asAsked(privilege)] }] : [],
      ),
    },
    signal,
  })
  const lacking = asked.flatMap(one => {
    if (one.level === 'cluster') return answer.cluster?.[one.privilege] === true ? [] : [one]
    const indices = one.indices.filter(index => answer.index?.[index]?.[asAsked(one.privilege)] !== true)
    return indices.length > 0 ? [{ ...one, indices }] : []
  })
  const groups = Map.groupBy(lacking, ({ privilege, level, severity }) => `${level}/${privilege}/${severity}`)
  const found = [...groups.values()].map(group => {
    const { privilege, level, severity } = group[0]!
    const where = level === 'cluster' ? '' : ` on ${shortList([...new Set(group.flatMap(({ indices }) => indices))])}`
    return {
      about: cluster.side,
      severity,
      message: `${user} lacks the ${level} privilege ${privilege}${where}: ${group.map(({ without }) => without).join('; ')}.`,
    }
  })
  const known = needs.map(need => olderNames(cluster, need))
  return withRole(found, cluster.side, elasticsearchRole(cluster.side, xpackApi(cluster), user, known))
}

/** `maintenance` is unknown to older servers, which refuse the whole question; they all know the action it is needed for. */
function asAsked(privilege: string): string {
  return privilege === 'maintenance' ? 'indices:admin/refresh' : privilege
}

/** Before `maintenance` there was, only `manage` held the right to refresh. */
function olderNames({ identity: { version } }: Cluster, need: Need): Need {
  return need.what === 'refresh' && !atLeast(version, 7, 10) ? { ...need, what: 'settings' } : need
}

interface Restriction {
  readonly names: readonly string[]
  readonly query?: unknown
  readonly field_security?: readonly { readonly grant?: readonly string[]; readonly except?: readonly string[] }[]
}

/**
 * Roles on the source that hide documents or fields: they are left out of every answer without a word, so a copy would
 * be short and look whole. A user without the right to ask, or an API key, gets no finding.
 */
export async function hiddenFrom(cluster: Cluster, user: string, needs: readonly Need[], signal: AbortSignal): Promise<Found[]> {
  if (cluster.side !== 'source' || !atLeast(cluster.identity.version, 7)) return []
  const restrictions = await restrictionsOf(cluster, signal)
  const read = needs.find(({ what }) => what === 'read')?.indices ?? []
  const hidden = restrictions.filter(one => hidesSome(one) && read.some(index => one.names.some(name => covers(name, index))))
  if (hidden.length === 0) return []
  const what = hidden.some(({ query }) => query !== undefined) ? 'documents' : 'fields'
  return [
    {
      about: 'source',
      severity: 'warning',
      message: `A role of ${user} hides ${what} of ${shortList([...new Set(hidden.flatMap(({ names }) => names))])}: what is hidden is not copied, and no count shows it.`,
      remedy: elasticsearchRole('source', xpackApi(cluster), 'another user', needs),
    },
  ]
}

async function restrictionsOf(cluster: Cluster, signal: AbortSignal): Promise<readonly Restriction[]> {
  try {
    const path = `${xpackApi(cluster)}/user/_privileges`
    return (await json<{ indices?: readonly Restriction[] }>(cluster, { method: 'GET', path, signal })).indices ?? []
  } catch (thrown) {
    if (thrown instanceof ShardferryError && (thrown.code === 'forbidden' || thrown.code === 'request-refused')) return []
    throw thrown
  }
}

function hidesSome({ query, field_security: fields = [] }: Restriction): boolean {
  return query !== undefined || fields.some(({ grant = ['*'], except = [] }) => !grant.includes('*') || except.length > 0)
}

/** Names of roles are patterns with `*` and `?`, or regular expressions of Lucene between slashes, which may cover anything. */
function covers(pattern: string, index: string): boolean {
  if (pattern.startsWith('/')) return true
  const escaped = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(index)
}
