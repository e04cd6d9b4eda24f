/**
 * The security plugin has no question for privileges that any user may ask, so each is tried. (`perform_permission_check`,
 * from 3.2 on, answers 500 for half of these requests: seen with 3.4.0.) Invariant: no trial can change anything, allowed or not. Those that look like changes are refused by the server itself, for a reason that is
 * looked at after authorization: an index with 0 shards, a setting that does not exist, an alias that is not there, an
 * update without a document of a document that is not there, through `require_alias`.
 */
import type { Cluster, ClusterRequest } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { refusal, serverError } from '../cluster/refusal.ts'
import { InFlight } from '../flow/in-flight.ts'
import { grants } from '../model/needs.ts'
import type { Need } from '../model/needs.ts'
import type { Found } from './check.ts'
import { shortList } from './name-lists.ts'
import type { Missing } from './privileges-elasticsearch.ts'
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
): Promise<Missing> {
  const denied: Denied[] = []
  const trials = new InFlight(trialsAtOnce)
  const anyTarget = needs.find(({ what }) => what === 'write')?.indices[0] ?? 'shardferry-probe'
  for (const need of needs) {
    for (const index of grants[need.what].level === 'cluster' ? [undefined] : need.indices) {
      await trials.start(async () => {
        const actions: string[] = []
        const name = index ?? anyTarget
        for (const trial of trialsOf[need.what](`/${indexPath(name)}`, name))
          actions.push(...(await deniedActions(cluster, trial, signal)))
        if (actions.length > 0) denied.push({ need, index, actions })
      })
    }
  }
  await trials.drain()
  const found = needs.flatMap(need => {
    const ofNeed = denied.filter(one => one.need === need)
    return ofNeed.length > 0 ? [describe(cluster, user, ofNeed)] : []
  })
  return {
    found: withRole(found, cluster.side, opensearchRole(cluster.side, api, user, needs)),
    lacking: new Set(denied.map(({ need }) => need.what)),
  }
}

function describe({ side }: Cluster, user: string | undefined, denied: readonly Denied[]): Found {
  const { need } = denied[0]!
  const { level, opensearch } = grants[need.what]
  const actions = [...new Set(denied.flatMap(one => one.actions))]
  const indices = denied.flatMap(({ index }) => index ?? []).sort((a, b) => need.indices.indexOf(a) - need.indices.indexOf(b))
  const granting = opensearch.filter(name => !name.includes(':'))
  const group = granting.length === 1 ? ` (in ${granting[0]})` : ''
  return {
    about: side,
    severity: need.severity,
    message: `${user ?? `The ${side}'s user`} lacks the ${level} permission${actions.length > 1 ? 's' : ''} ${shortList(actions)}${group}${indices.length > 0 ? ` on ${shortList(indices)}` : ''}: ${need.without}.`,
  }
}

/** The actions that the plugin refuses; none where the request was allowed, whatever the server thought of it afterwards. */
async function deniedActions(cluster: Cluster, trial: Trial, signal: AbortSignal): Promise<readonly string[]> {
  const request = { ...trial, signal }
  const answer = await cluster.exchange(request)
  if (answer.status < 400) return []
  const { type, reason } = serverError(answer)
  // Blocks are told with 403 or 429; authorization has passed then.
  if (type === 'cluster_block_exception') return []
  if (answer.status === 403) {
    const named = /no permissions for \[([^\]]+)\]/.exec(reason)?.[1]
    return named === undefined ? [`${trial.method} ${trial.path}`] : named.split(/,\s*/)
  }
  if (answer.status === 401 || answer.status === 429 || answer.status >= 500) throw refusal(cluster, request, answer)
  return []
}

const probe = 'shardferry-probe'

/** What is asked for is not looked at. */
const nothing = { filter_path: 'nothing' }

/** The requests by which a need is tried. Paths take the encoded name, bodies the name itself. */
const trialsOf: Readonly<Record<Need['what'], (path: string, name: string) => readonly Trial[]>> = {
  monitor: () => [{ method: 'GET', path: '/_cluster/health' }],
  // These only select, which the plan is proof of.
  names: () => [],
  'every-name': () => [],
  'alias-names': () => [],
  scroll: () => [{ method: 'POST', path: '/_search/scroll', body: { scroll: '1m', scroll_id: probe } }],
  read: path => [{ method: 'POST', path: `${path}/_search`, body: { size: 0, terminate_after: 1, track_total_hits: false } }],
  definitions: path => [
    { method: 'GET', path },
    { method: 'GET', path: `${path}/_settings/index.uuid` },
  ],
  stats: path => [{ method: 'GET', path: `${path}/_stats/docs` }],
  refresh: path => [{ method: 'POST', path: `${path}/_refresh` }],
  templates: () => [
    { method: 'GET', path: '/_template', query: nothing },
    { method: 'GET', path: '/_index_template', query: nothing },
    { method: 'POST', path: `/_index_template/_simulate_index/${probe}`, query: nothing },
  ],
  pipelines: () => [{ method: 'GET', path: '/_ingest/pipeline', query: nothing }],
  create: path => [{ method: 'PUT', path, body: { settings: { 'index.number_of_shards': 0, 'index.shardferry_probe': true } } }],
  write: path => [{ method: 'POST', path: `${path}/_update/${probe}`, query: { require_alias: true }, body: { doc: {} } }],
  bulk: (_, name) => [{ method: 'POST', path: '/_bulk', query: { require_alias: true }, body: updateOfNothing(name) }],
  tasks: () => [
    { method: 'POST', path: '/_tasks/shardferry-probe:1/_cancel' },
    { method: 'POST', path: '/_reindex/shardferry-probe:1/_rethrottle', query: { requests_per_second: -1 } },
  ],
  'see-data-streams': path => [
    { method: 'GET', path: `/_data_stream${path}` },
    { method: 'GET', path },
  ],
  'data-streams': path => [{ method: 'POST', path: `${path}/_rollover`, query: { dry_run: true } }],
  'make-templates': () => [{ method: 'DELETE', path: `/_index_template/${probe}` }],
  // There is no block that blocks nothing.
  block: () => [],
  settings: path => [{ method: 'PUT', path: `${path}/_settings`, body: { 'index.shardferry_probe': true } }],
  aliases: (path, name) => [
    { method: 'GET', path: `${path}/_alias` },
    { method: 'POST', path: '/_aliases', body: { actions: [{ remove: { index: name, alias: probe, must_exist: true } }] } },
  ],
}

function updateOfNothing(index: string): Uint8Array {
  const lines = [{ update: { _index: index, _id: probe } }, { doc: {} }].map(line => `${JSON.stringify(line)}\n`)
  return new TextEncoder().encode(lines.join(''))
}
