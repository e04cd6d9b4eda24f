import { clusterSettings } from '../cluster/cluster-settings.ts'
import type { ClusterSettings } from '../cluster/cluster-settings.ts'
import { json } from '../cluster/json.ts'
import { freeKeptBytes } from '../cluster/watermark.ts'
import { attempted, noPlan, tasksToCreate } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'
import { gigabytes } from './gigabytes.ts'
import { plannedReplicas } from './planned-replicas.ts'

interface NodeDisk {
  readonly name: string
  readonly roles?: readonly string[]
  readonly fs: { readonly total: { readonly total_in_bytes: number; readonly available_in_bytes: number } }
}

/**
 * Whether what is planned fits on the target's data nodes. `_source` bytes are taken for index bytes, which is the right
 * order of size and no more; a node above the flood stage makes its indices read-only.
 */
export const disk: Check = {
  id: 'disk',
  title: "free disk space on the target's data nodes",
  code: 'target-blocked',
  run: async (context, signal) =>
    await attempted('disk', 'target', async () => {
      const [answer, settings] = await Promise.all([
        json<{ nodes?: Readonly<Record<string, NodeDisk>> }>(context.target, {
          method: 'GET',
          path: '/_nodes/stats/fs',
          query: {
            filter_path: 'nodes.*.name,nodes.*.roles,nodes.*.fs.total.total_in_bytes,nodes.*.fs.total.available_in_bytes',
          },
          signal,
        }),
        clusterSettings(context.target, signal),
      ])
      const nodes = Object.values(answer.nodes ?? {}).filter(holdsData)
      if (nodes.length === 0) {
        const message = 'No data node told its free disk space.'
        return [{ about: 'target', severity: 'unknown', message, remedy: 'GET /_cat/allocation?v' }]
      }
      if (!context.plan) return [noPlan('target', `whether ${gigabytes(room(nodes, () => 0))} of free disk space suffice`)]
      return [describe(nodes, settings, neededBytes(context, nodes.length))]
    }),
}

/** `data`, `data_hot` and so on; nodes that only cache snapshots take no new index. */
function holdsData({ roles }: NodeDisk): boolean {
  return roles === undefined || roles.some(role => role.startsWith('data') && role !== 'data_frozen')
}

/** Indices that are there already take documents too. A replica that finds no node of its own takes no space. */
function neededBytes(context: CheckContext, dataNodes: number): number {
  const into = context.plan?.indices.filter(task => task.action === 'into-existing') ?? []
  return [...tasksToCreate(context), ...into].reduce(
    (sum, task) => sum + task.estimate.bytes * (1 + Math.min(plannedReplicas(task, dataNodes), dataNodes - 1)),
    0,
  )
}

function room(nodes: readonly NodeDisk[], keptFree: (totalBytes: number) => number): number {
  return nodes.reduce((sum, { fs: { total } }) => sum + Math.max(0, total.available_in_bytes - keptFree(total.total_in_bytes)), 0)
}

function describe(nodes: readonly NodeDisk[], { value: settings }: ClusterSettings, needed: number): Found {
  const prefix = 'cluster.routing.allocation.disk'
  const off = settings(`${prefix}.threshold_enabled`) === 'false'
  const below = (stage: 'high' | 'flood_stage'): number =>
    room(nodes, total =>
      off
        ? 0
        : freeKeptBytes(
            settings(`${prefix}.watermark.${stage}`) ?? usual[stage],
            settings(`${prefix}.watermark.${stage}.max_headroom`),
            total,
          ),
    )
  const [untilHigh, untilFlood] = [below('high'), below('flood_stage')]
  const needs = `The plan needs about ${gigabytes(needed)} with its replicas`
  const remedy =
    'Free disk space or add a data node, set number_of_replicas to 0 in the plan, or move fewer indices: --index PATTERN. What each node has:\nGET /_cat/allocation?v'
  if (needed > untilFlood) {
    const message = `${needs}; the data nodes have ${gigabytes(untilFlood)} up to the flood stage, where indices become read-only.`
    return { about: 'target', severity: 'error', message, remedy }
  }
  if (needed > untilHigh) {
    const message = `${needs}; the data nodes have ${gigabytes(untilHigh)} up to the high watermark, where shards are moved away.`
    return { about: 'target', severity: 'warning', message, remedy }
  }
  return { about: 'target', severity: 'ok', message: `${needs}; the data nodes have ${gigabytes(untilHigh)}.` }
}

/** The servers' own, where the target does not tell. */
const usual = { high: '90%', flood_stage: '95%' } as const
