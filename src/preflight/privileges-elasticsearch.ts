import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { xPackApi } from '../cluster/security.ts'
import { ShardferryError } from '../model/errors.ts'
import { elasticsearchPrivileges, grants } from '../model/needs.ts'
import type { Need, What } from '../model/needs.ts'
import { atLeast } from '../model/version.ts'
import type { Found } from './check.ts'
import { shortList } from './name-lists.ts'
import { elasticsearchRole, withRole } from './role-body.ts'

type Answers = Readonly<Record<string, boolean>>

/** What a user may not do of what it needs. */
export interface Missing {
  readonly found: readonly Found[]
  readonly lacking: ReadonlySet<What>
}

/** Asks `_has_privileges`, which every user may; one finding for each privilege that is missing. */
export async function missingInElasticsearch(
  cluster: Cluster,
  user: string,
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<Missing> {
  const asked = needs.map(need => ({
    ...need,
    level: grants[need.what].level,
    privileges: elasticsearchPrivileges(need.what, cluster.identity.version),
  }))
  const answer = await json<{ cluster?: Answers; index?: Readonly<Record<string, Answers>> }>(cluster, {
    method: 'POST',
    path: `${xPackApi(cluster)}/user/_has_privileges`,
    body: {
      cluster: asked.flatMap(({ level, privileges }) => (level === 'cluster' ? privileges : [])),
      index: asked.flatMap(({ level, indices, privileges }) =>
        level === 'index' && privileges.length > 0 ? [{ names: indices, privileges: privileges.map(asAsked) }] : [],
      ),
    },
    signal,
  })
  const lacking = asked.flatMap(one => {
    const lacks = (index: string, privilege: string): boolean => answer.index?.[index]?.[asAsked(privilege)] !== true
    const indices = one.indices.filter(index => one.privileges.some(privilege => lacks(index, privilege)))
    const privileges = one.privileges.filter(privilege =>
      one.level === 'cluster' ? answer.cluster?.[privilege] !== true : indices.some(index => lacks(index, privilege)),
    )
    return privileges.length > 0 ? [{ ...one, indices, privileges }] : []
  })
  const groups = Map.groupBy(lacking, ({ privileges, level, severity }) => `${level}/${severity}/${privileges.join(',')}`)
  const found = [...groups.values()].map(group => {
    const { privileges, level, severity } = group[0]!
    const where = level === 'cluster' ? '' : ` on ${shortList([...new Set(group.flatMap(({ indices }) => indices))])}`
    return {
      about: cluster.side,
      severity,
      message: `${user} lacks the ${level} privilege${privileges.length > 1 ? 's' : ''} ${shortList(privileges)}${where}: ${group.map(({ without }) => without).join('; ')}.`,
    }
  })
  return {
    found: withRole(found, cluster.side, elasticsearchRole(cluster, xPackApi(cluster), user, needs)),
    lacking: new Set(lacking.map(({ what }) => what)),
  }
}

/** `maintenance` is unknown to older servers, which refuse the whole question; they all know the action it is needed for. */
function asAsked(privilege: string): string {
  return privilege === 'maintenance' ? 'indices:admin/refresh' : privilege
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
      remedy: elasticsearchRole(cluster, xPackApi(cluster), 'another user', needs),
    },
  ]
}

async function restrictionsOf(cluster: Cluster, signal: AbortSignal): Promise<readonly Restriction[]> {
  try {
    const path = `${xPackApi(cluster)}/user/_privileges`
    return (await json<{ indices?: readonly Restriction[] }>(cluster, { method: 'GET', path, signal })).indices ?? []
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError)) throw thrown
    // Of an API key, Elasticsearch 7.10 says 500: "cannot retrieve cluster permission on limited role".
    const cannotTell = thrown.code === 'forbidden' || thrown.code === 'request-refused' || thrown.message.includes('limited role')
    if (cannotTell) return []
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
