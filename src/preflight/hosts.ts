import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { onBothSides } from './check.ts'
import type { Check, Found } from './check.ts'

export interface Host {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly version: string
  /** Host and port that it publishes for HTTP; undefined where it has none. */
  readonly published: string | undefined
  readonly elected: boolean
}

/** The nodes of both clusters: where to send what, and what a remedy that says "on every node" means. */
export const hosts: Check = {
  id: 'hosts',
  title: 'nodes of both clusters, their roles, and the elected master',
  code: 'unsupported',
  run: async (context, signal) =>
    await onBothSides('hosts', context, async cluster => describe(cluster, await readHosts(cluster, signal))),
}

/** Needs the cluster privilege `monitor`. */
export async function readHosts(cluster: Cluster, signal: AbortSignal): Promise<readonly Host[]> {
  interface Node {
    readonly name: string
    readonly roles?: readonly string[]
    readonly version: string
    readonly http?: { readonly publish_address?: string }
  }
  const [{ nodes = {} }, state] = await Promise.all([
    json<{ nodes?: Readonly<Record<string, Node>> }>(cluster, {
      method: 'GET',
      path: '/_nodes/http',
      query: { filter_path: 'nodes.*.name,nodes.*.roles,nodes.*.version,nodes.*.http.publish_address' },
      signal,
    }),
    // OpenSearch still knows the old name of this part of the state.
    json<{ master_node?: string }>(cluster, { method: 'GET', path: '/_cluster/state/master_node', signal }),
  ])
  return Object.entries(nodes)
    .map(([id, { name, roles = [], version, http }]) => ({
      id,
      name,
      roles,
      version,
      published: http?.publish_address?.replace(/^(.+)\/.*(:\d+)$/, '$1$2'),
      elected: id === state.master_node,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** Where a node holds all data, its tiers say nothing. */
function shortRoles(roles: readonly string[]): string {
  const shown = roles.includes('data') ? roles.filter(role => !role.startsWith('data_')) : roles
  return shown.join(', ') || 'coordinating only'
}

const mostShown = 15

function describe({ side }: Cluster, nodes: readonly Host[]): Found[] {
  const elected = nodes.find(node => node.elected)
  const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`
  const versions = [...new Set(nodes.map(node => node.version))]
  const summary = `${count}${elected ? `; the elected master is ${elected.name}` : '; no elected master was told'}.`
  const rows = nodes.slice(0, mostShown).map(({ name, published = 'no HTTP', roles, version, elected: master }) => {
    const mixed = versions.length > 1 ? ` ${version}` : ''
    return `  ${name} ${published}${mixed}: ${shortRoles(roles)}${master ? ' (elected)' : ''}`
  })
  const rest = nodes.length > mostShown ? [`  and ${nodes.length - mostShown} more`] : []
  const message = [summary, ...rows, ...rest].join('\n')
  if (versions.length === 1) return [{ about: side, severity: 'info', message }]
  const remedy = 'Finish the rolling upgrade first: shards of an index that a newer node has made cannot move to an older one'
  return [{ about: side, severity: 'warning', message: `Nodes of several versions (${versions.join(', ')}). ${message}`, remedy }]
}
