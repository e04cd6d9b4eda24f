import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { atLeast } from '../model/version.ts'

/** Every name a cluster knows: indices, and the aliases and data streams that stand for some of them. */
export interface ClusterNames {
  readonly indices: readonly NamedIndex[]
  readonly aliases: readonly NamedGroup[]
  readonly dataStreams: readonly NamedGroup[]
}

export interface NamedIndex {
  readonly name: string
  readonly open: boolean
  /** Hidden or a system index by the server's own word. */
  readonly hidden: boolean
  readonly dataStream?: string
}

export interface NamedGroup {
  readonly name: string
  readonly indices: readonly string[]
}

export async function readNames(cluster: Cluster, signal: AbortSignal): Promise<ClusterNames> {
  const { flavor, version } = cluster.identity
  return flavor === 'opensearch' || atLeast(version, 7, 9) ? resolved(cluster, signal) : listed(cluster, signal)
}

interface Resolved {
  readonly indices: readonly { name: string; attributes: readonly string[]; data_stream?: string }[]
  readonly aliases: readonly { name: string; indices: readonly string[] }[]
  readonly data_streams: readonly { name: string; backing_indices: readonly string[] | string }[]
}

/** `_resolve/index` is there since Elasticsearch 7.9 and in every OpenSearch; one index or alias may come as a string instead of a list. */
async function resolved(cluster: Cluster, signal: AbortSignal): Promise<ClusterNames> {
  const answer = await json<Resolved>(cluster, {
    method: 'GET',
    path: '/_resolve/index/*',
    query: { expand_wildcards: 'all' },
    signal,
  })
  return {
    indices: answer.indices.map(({ name, attributes, data_stream }) => ({
      name,
      open: !attributes.includes('closed'),
      hidden: attributes.includes('hidden') || attributes.includes('system'),
      ...(data_stream === undefined ? {} : { dataStream: data_stream }),
    })),
    aliases: answer.aliases.map(({ name, indices }) => ({ name, indices: [indices].flat() })),
    dataStreams: answer.data_streams.map(({ name, backing_indices }) => ({ name, indices: [backing_indices].flat() })),
  }
}

/** Older servers know no data streams; hidden indices come with 7.7. */
async function listed(cluster: Cluster, signal: AbortSignal): Promise<ClusterNames> {
  const hidden = atLeast(cluster.identity.version, 7, 7) ? { expand_wildcards: 'all' } : {}
  const rows = await json<{ index: string; status: string }[]>(cluster, {
    method: 'GET',
    path: '/_cat/indices',
    query: { format: 'json', h: 'index,status', ...hidden },
    signal,
  })
  const byIndex = await json<Record<string, { aliases: Record<string, unknown> }>>(cluster, {
    method: 'GET',
    path: '/_alias',
    query: hidden,
    signal,
  })
  const byAlias = new Map<string, string[]>()
  for (const [index, { aliases }] of Object.entries(byIndex))
    for (const alias of Object.keys(aliases)) byAlias.set(alias, [...(byAlias.get(alias) ?? []), index])
  return {
    indices: rows.map(({ index, status }) => ({ name: index, open: status !== 'close', hidden: false })),
    aliases: [...byAlias].map(([name, indices]) => ({ name, indices })),
    dataStreams: [],
  }
}
