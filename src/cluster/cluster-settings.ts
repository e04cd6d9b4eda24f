import type { Connection } from './cluster.ts'
import { json } from './json.ts'

type Flat = Readonly<Record<string, string | undefined>>

export interface ClusterSettings {
  /** As it is in force, by full name. */
  readonly value: (name: string) => string | undefined
  /** Where somebody has set it by the API. */
  readonly places: (name: string) => readonly ('persistent' | 'transient')[]
}

/** Needs the cluster privilege `monitor`. Flat names are one key each, which `*.cluster.*` would not match. */
export async function clusterSettings(cluster: Connection, signal: AbortSignal): Promise<ClusterSettings> {
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
