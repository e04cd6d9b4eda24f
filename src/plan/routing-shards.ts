import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { jsonIfFound } from '../cluster/json.ts'
import type { Change, JsonObject } from '../model/plan.ts'
import type { Identity } from '../model/version.ts'
import { atLeast } from '../model/version.ts'
import { setting, withSetting } from '../metadata/tree.ts'

/**
 * A document's shard is its routing's hash modulo the number of routing shards, divided among the shards. Servers choose that number by
 * version, or are told it when an index is made, and Elasticsearch shows it in the cluster state only.
 */
const name = 'index.number_of_routing_shards'

/** The number of routing shards of an index; undefined where the cluster does not tell. */
export async function readRoutingShards(cluster: Cluster, index: string, signal: AbortSignal): Promise<number | undefined> {
  const state = await jsonIfFound<{ metadata?: { indices?: Record<string, { routing_num_shards?: number }> } }>(cluster, {
    method: 'GET',
    path: `/_cluster/state/metadata/${indexPath(index)}`,
    query: { filter_path: 'metadata.indices.*.routing_num_shards', expand_wildcards: 'all' },
    signal,
  })
  return state?.metadata?.indices?.[index]?.routing_num_shards
}

/** The settings with the source's number of routing shards, where the target would choose another one: ids apart by routing stay apart. */
export function keepRoutingShards(
  settings: JsonObject,
  shards: number,
  routingShards: number | undefined,
  to: Identity,
): { settings: JsonObject; changes: readonly Change[] } {
  const chosen = usualRoutingShards(shards, to)
  // OpenSearch shows in the settings what it was told.
  const said = setting(settings, name)
  if (shards === 1 || routingShards === undefined || routingShards === Number(said ?? chosen)) return { settings, changes: [] }
  const why = `the source hashes routings over ${routingShards}, the target would over ${chosen}: documents of one id and several routings would meet`
  return {
    settings: withSetting(settings, name, routingShards),
    changes: [{ kind: 'converted', what: `settings.${name}`, why }],
  }
}

/** What a server chooses: since Elasticsearch 7 room for splitting by two, up to 1024, at least once. */
function usualRoutingShards(shards: number, { flavor, version }: Identity): number {
  if (flavor === 'elasticsearch' && !atLeast(version, 7)) return shards
  return shards * 2 ** Math.max(1, 10 - Math.ceil(Math.log2(shards)))
}
