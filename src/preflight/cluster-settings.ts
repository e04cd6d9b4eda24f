import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import type { IndexTask, Json, JsonObject } from '../model/plan.ts'

type Flat = Readonly<Record<string, string | undefined>>

/**
 * Cluster settings as they are in force, by full name; needs the cluster privilege `monitor`. Flat names are one key each, which
 * `*.cluster.*` would not match.
 */
export async function clusterSettings(cluster: Cluster, signal: AbortSignal): Promise<(name: string) => string | undefined> {
  const { defaults, persistent, transient } = await json<{ defaults?: Flat; persistent?: Flat; transient?: Flat }>(cluster, {
    method: 'GET',
    path: '/_cluster/settings',
    query: { include_defaults: true, flat_settings: true, filter_path: '*.cluster*' },
    signal,
  })
  return name => transient?.[name] ?? persistent?.[name] ?? defaults?.[name]
}

/** Copies of each shard besides the primary, once the tuning is undone. `auto_expand_replicas` goes before a fixed number, as on the server. */
export function plannedReplicas(task: IndexTask, dataNodes: number): number {
  const range = /^(\d+)-(\d+|all)$/.exec(autoExpand(task.settings))
  if (range) {
    const most = range[2] === 'all' ? dataNodes - 1 : Math.min(Number(range[2]), dataNodes - 1)
    return Math.max(Number(range[1]), most)
  }
  // What is no number the server refuses, and says so better.
  const replicas = Number(indexSetting(task.settings, 'number_of_replicas') ?? 1)
  return Number.isFinite(replicas) ? replicas : 1
}

function autoExpand(settings: JsonObject): string {
  const range = indexSetting(settings, 'auto_expand_replicas')
  return typeof range === 'string' ? range : ''
}

/** A setting by its name without `index.`, wherever the tree is nested and wherever it has dots. */
function indexSetting(settings: JsonObject, name: string): Json | undefined {
  const nested = settings['index']
  const inIndex =
    typeof nested === 'object' && nested !== null && !Array.isArray(nested) ? (nested as JsonObject)[name] : undefined
  return inIndex ?? settings[`index.${name}`] ?? settings[name]
}
