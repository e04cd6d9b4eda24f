import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { atLeast } from '../model/version.ts'
import { nameChunks } from './name-lists.ts'

/** What names stand for on a cluster; a name that is not there, or that the user may not see, is in none of these. */
export interface ResolvedNames {
  readonly indices: ReadonlyMap<string, { readonly open: boolean }>
  /** The indices behind each alias. */
  readonly aliases: ReadonlyMap<string, readonly string[]>
  readonly dataStreams: ReadonlySet<string>
}

interface Resolved {
  readonly indices?: readonly { readonly name: string; readonly attributes?: readonly string[] }[]
  readonly aliases?: readonly { readonly name: string; readonly indices: string | readonly string[] }[]
  readonly data_streams?: readonly { readonly name: string }[]
}

/** `_resolve/index` (Elasticsearch 7.9, OpenSearch 1.0); before that the cluster state, which tells indices only. */
export async function resolveNames(cluster: Cluster, names: readonly string[], signal: AbortSignal): Promise<ResolvedNames> {
  const { flavor, version } = cluster.identity
  const ask = flavor === 'opensearch' || atLeast(version, 7, 9) ? resolve : fromClusterState
  const answers = await Promise.all(nameChunks(names).map(chunk => ask(cluster, chunk, signal)))
  return {
    indices: new Map(
      answers
        .flatMap(answer => answer.indices ?? [])
        .map(({ name, attributes }) => [name, { open: attributes?.includes('closed') !== true }]),
    ),
    aliases: new Map(answers.flatMap(answer => answer.aliases ?? []).map(({ name, indices }) => [name, [indices].flat()])),
    dataStreams: new Set(answers.flatMap(answer => answer.data_streams ?? []).map(({ name }) => name)),
  }
}

async function resolve(cluster: Cluster, names: readonly string[], signal: AbortSignal): Promise<Resolved> {
  return await json<Resolved>(cluster, {
    method: 'GET',
    path: `/_resolve/index/${indexPath(names)}`,
    // Elasticsearch 9 answers 404 to a name that is not there unless told to let it pass.
    query: { expand_wildcards: 'all', ignore_unavailable: true },
    signal,
  })
}

async function fromClusterState(cluster: Cluster, names: readonly string[], signal: AbortSignal): Promise<Resolved> {
  const state = await json<{ metadata?: { indices?: Readonly<Record<string, { readonly state: string }>> } }>(cluster, {
    method: 'GET',
    path: `/_cluster/state/metadata/${indexPath(names)}`,
    query: { filter_path: 'metadata.indices.*.state', ignore_unavailable: true, expand_wildcards: 'all' },
    signal,
  })
  const indices = Object.entries(state.metadata?.indices ?? {})
  return { indices: indices.map(([name, { state }]) => ({ name, attributes: state === 'close' ? ['closed'] : [] })) }
}
