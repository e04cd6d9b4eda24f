/**
 * The security plugin has no question for privileges that any user may ask, so each is tried. Invariant: no trial can
 * change anything, allowed or not. Those that look like changes are refused by the server itself, for a reason that is
 * looked at after authorization: an index with 0 shards, a setting that does not exist, an alias that is not there, an
 * update without a document of a document that is not there, through `require_alias`.
 */
import type { Cluster, ClusterRequest } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { refusal, serverError } from '../cluster/refusal.ts'
import { InFlight } from '../flow/in-flight.ts'
import { atLeast } from '../model/version.ts'
import type { Found } from './check.ts'
import { shortList } from './name-lists.ts'
import { grants } from './needs.ts'
import type { Need } from './needs.ts'
import { opensearchRole, withRole } from './role-body.ts'

type Trial = Pick<ClusterRequest, 'method' | 'path' | 'query' | 'body'>

interface Denied {
  readonly need: Need
  readonly index: string | undefined
  readonly actions: readonly string[]
}

const trialsAtOnce = 8

export async function missingInOpensearch(
  cluster: Cluster,
  { api, user }: { readonly api: string; readonly user: string | undefined },
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<Found[]> {
  const denied: Denied[] = []
  const trials = new InFlight(trialsAtOnce)
  const ofBulk = needs.find(({ what }) => what === 'write')?.indices[0] ?? 'shardferry-probe'
  for (const need of needs) {
    for (const index of grants[need.what].level === 'cluster' ? [undefined] : need.indices) {
      await trials.start(async () => {
        const actions: string[] = []
        for (const trial of trialsOf(need.what, index ?? ofBulk)) actions.push(...(await deniedActions(cluster, trial, signal)))
        if (actions.length > 0) denied.push({ need, index, actions })
      })
    }
  }
  await trials.drain()
  const found = needs.flatMap(need => {
    const ofNeed = denied.filter(one => one.need === need)
    return ofNeed.length > 0 ? [describe(cluster, user, ofNeed)] : []
  })
  return withRole(found, cluster.side, opensearchRole(cluster.side, api, user, needs))
}

function describe({ side }: Cluster, user: string | undefined, denied: readonly Denied[]): Found {
  const { need } = denied[0]!
  const { level, opensearch } = grants[need.what]
  const actions = [...new Set(denied.flatMap(one => one.actions))]
  const indices = denied.flatMap(({ index }) => index ?? []).sort((a, b) => need.indices.indexOf(a) - need.indices.indexOf(b))
  const granting = opensearch.filter(name => !actions.includes(name.replace('*', '')))
  const group = granting.length === 1 ? ` (in ${granting[0]})` : ''
  return {
    about: side,
    severity: need.severity,
    message: `${user ?? `The ${side}'s user`} lacks the ${level} permission${actions.length > 1 ? 's' : ''} ${shortList(actions)}${group}${indices.length > 0 ? ` on ${shortList(indices)}` : ''}: ${need.without}.`,
  }
}

/** The actions that the plugin refuses; none where the request was allowed, whatever the server thought of it afterwards. */
async function deniedActions(cluster: Cluster, trial: Trial, signal: AbortSignal): Promise<readonly string[]> {
  const request = { ...trial, query: { ...trial.query, ...onlyCheck(cluster) }, signal }
  const answer = await cluster.exchange(request)
  if (answer.status === 403) {
    const { type, reason } = serverError(answer)
    if (type === 'cluster_block_exception') return []
    const named = /no permissions for \[([^\]]+)\]/.exec(reason)?.[1]
    return named === undefined ? [`${trial.method} ${trial.path}`] : named.split(/,\s*/)
  }
  if (answer.status === 401 || answer.status === 429 || answer.status >= 500) throw refusal(cluster, request, answer)
  return dryRun(answer.body)
}

/** Since 3.2 the plugin answers what is missing instead of carrying a request out (opensearch-project/security#5496); older servers refuse the parameter. */
function onlyCheck({ identity: { flavor, version } }: Cluster): ClusterRequest['query'] {
  return flavor === 'opensearch' && atLeast(version, 3, 2) ? { perform_permission_check: true } : {}
}

function dryRun(body: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(body)
  if (!text.includes('"accessAllowed"')) return []
  const { accessAllowed, missingPrivileges } = JSON.parse(text) as { accessAllowed?: boolean; missingPrivileges?: string[] }
  return accessAllowed === false ? (missingPrivileges ?? []) : []
}

const probe = 'shardferry-probe'

function trialsOf(what: Need['what'], name: string): readonly Trial[] {
  const index = indexPath(name)
  switch (what) {
    case 'monitor':
      return [{ method: 'GET', path: '/_cluster/health' }]
    case 'scroll':
      return [{ method: 'POST', path: '/_search/scroll', body: { scroll: '1m', scroll_id: probe } }]
    case 'read':
      return [{ method: 'POST', path: `/${index}/_search`, body: { size: 0, terminate_after: 1, track_total_hits: false } }]
    case 'definitions':
      return [
        { method: 'GET', path: `/${index}` },
        { method: 'GET', path: `/${index}/_settings/index.uuid` },
      ]
    case 'stats':
      return [{ method: 'GET', path: `/${index}/_stats/docs` }]
    case 'refresh':
      return [{ method: 'POST', path: `/${index}/_refresh` }]
    case 'create':
      return [
        { method: 'PUT', path: `/${index}`, body: { settings: { 'index.number_of_shards': 0, 'index.shardferry_probe': true } } },
      ]
    case 'write':
      return [{ method: 'POST', path: `/${index}/_update/${probe}`, query: { require_alias: true }, body: { doc: {} } }]
    case 'bulk':
      return [{ method: 'POST', path: '/_bulk', query: { require_alias: true }, body: updateOfNothing(name) }]
    case 'settings':
      return [{ method: 'PUT', path: `/${index}/_settings`, body: { 'index.shardferry_probe': true } }]
    case 'aliases':
      return [
        { method: 'GET', path: `/${index}/_alias` },
        { method: 'POST', path: '/_aliases', body: { actions: [{ remove: { index: name, alias: probe, must_exist: true } }] } },
      ]
  }
}

function updateOfNothing(index: string): Uint8Array {
  const lines = [{ update: { _index: index, _id: probe } }, { doc: {} }].map(line => `${JSON.stringify(line)}\n`)
  return new TextEncoder().encode(lines.join(''))
}
