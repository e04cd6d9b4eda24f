import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import type { IndexTask } from '../model/plan.ts'
import { flatSettings } from './flat-settings.ts'

type Flat = Readonly<Record<string, string | undefined>>

export interface ClusterSettings {
  /** As it is in force, by full name. */
  readonly value: (name: string) => string | undefined
  /** Where somebody has set it by the API. */
  readonly places: (name: string) => readonly ('persistent' | 'transient')[]
}

/** Needs the cluster privilege `monitor`. Flat names are one key each, which `*.cluster.*` would not match. */
export async function clusterSettings(cluster: Cluster, signal: AbortSignal): Promise<ClusterSettings> {
  const answer = await json<{ defaults?: Flat; persistent?: Flat; transient?: Flat }>(cluster, {
    method: 'GET',
    path: '/_cluster/settings',
    query: { include_defaults: true, flat_settings: true, filter_path: '*.cluster*' },
    signal,
  })
  const { defaults, persistent, transient } = answer
  return {
    value: name => transient?.[name] ?? persistent?.[name] ?? defaults?.[name],
    places: name => (['persistent', 'transient'] as const).filter(place => answer[place]?.[name] !== undefined),
  }
}

/** Copies of each shard besides the primary, once the tuning is undone. `auto_expand_replicas` goes before a fixed number, as on the server. */
export function plannedReplicas(task: IndexTask, dataNodes: number): number {
  const settings = flatSettings(task.settings)
  const expand = settings.get('index.auto_expand_replicas')
  const range = /^(\d+)-(\d+|all)$/.exec(typeof expand === 'string' ? expand : '')
  if (range) {
    const most = range[2] === 'all' ? dataNodes - 1 : Math.min(Number(range[2]), dataNodes - 1)
    return Math.max(Number(range[1]), most)
  }
  // What is no number the server refuses, and says so better.
  const replicas = Number(settings.get('index.number_of_replicas') ?? 1)
  return Number.isFinite(replicas) ? replicas : 1
}
