import { clusterSettings } from '../cluster/cluster-settings.ts'
import { json } from '../cluster/json.ts'
import { attempted, tasksToCreate } from './check.ts'
import type { Check, Found } from './check.ts'
import { plannedReplicas } from './planned-replicas.ts'

interface ShardCounts {
  readonly number_of_data_nodes: number
  readonly active_shards: number
  readonly initializing_shards: number
  readonly unassigned_shards: number
}

/** Shards the target may still open; the server refuses an index that would go beyond (`cluster.max_shards_per_node`). */
export const shardLimit: Check = {
  id: 'shard-limit',
  title: "room for shards on the target's nodes",
  code: 'shard-limit',
  run: async (context, signal) =>
    await attempted('shard-limit', 'target', async () => {
      const [counts, settings] = await Promise.all([
        json<ShardCounts>(context.target, {
          method: 'GET',
          path: '/_cluster/health',
          query: { filter_path: 'number_of_data_nodes,active_shards,initializing_shards,unassigned_shards' },
          signal,
        }),
        clusterSettings(context.target, signal),
      ])
      const perNode = Number(settings.value('cluster.max_shards_per_node'))
      if (!Number.isFinite(perNode)) {
        const message = 'The target does not tell cluster.max_shards_per_node.'
        return [{ about: 'target', severity: 'unknown', message, remedy: 'GET /_cluster/settings?include_defaults=true' }]
      }
      const nodes = counts.number_of_data_nodes
      const planned = tasksToCreate(context).reduce((sum, task) => sum + task.shards * (1 + plannedReplicas(task, nodes)), 0)
      // Unassigned copies count too.
      const open = counts.active_shards + counts.initializing_shards + counts.unassigned_shards
      return [describe(open, planned, perNode, nodes)]
    }),
}

function describe(open: number, planned: number, perNode: number, nodes: number): Found {
  const limit = perNode * nodes
  const sum = `${open === 1 ? '1 shard is' : `${open} shards are`} open and ${planned} are planned; ${limit} are allowed (cluster.max_shards_per_node ${perNode}, data nodes ${nodes})`
  if (open + planned <= 0.9 * limit) return { about: 'target', severity: 'ok', message: `${sum}.` }
  const perNodeNeeded = Math.ceil((1.2 * (open + planned)) / Math.max(1, nodes))
  const remedy = `Fewer shards or replicas in the plan, or another data node; or, on the target:\nPUT /_cluster/settings {"persistent":{"cluster.max_shards_per_node":${perNodeNeeded}}}`
  return planned > 0 && open + planned > limit
    ? { about: 'target', severity: 'error', message: `Too many shards: ${sum}.`, remedy }
    : { about: 'target', severity: 'warning', message: `Almost too many shards: ${sum}.`, remedy }
}
