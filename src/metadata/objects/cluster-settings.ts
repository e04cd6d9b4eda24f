import { json } from '../../cluster/json.ts'
import type { Json, JsonObject } from '../../model/plan.ts'
import { unchanged } from './object-kind.ts'
import type { ObjectKind } from './object-kind.ts'

/** What indices, searches and writes depend on; whatever else somebody has set is of the cluster alone. */
const indicesDependOn =
  /^(action\.(auto_create_index|destructive_requires_name)|cluster\.(max_shards_per_node|default\.number_of_replicas|indices\.|blocks\.create_index|routing\.allocation\.awareness)|indices\.|search\.|script\.|ingest\.|compatibility\.)/

/** Told, never changed: they belong to whoever runs the target. */
export const clusterSettings: ObjectKind = {
  name: 'cluster-setting',
  part: 'settings',
  known: () => true,
  read: async (cluster, signal) => {
    const answer = await json<Readonly<Record<string, Readonly<Record<string, Json>>>>>(cluster, {
      method: 'GET',
      path: '/_cluster/settings',
      query: { flat_settings: true },
      signal,
    })
    const set = { ...answer['persistent'], ...answer['transient'] }
    const found = Object.entries(set).filter(([name]) => indicesDependOn.test(name))
    return Object.fromEntries(found.map(([name, value]): [string, JsonObject] => [name, { value }]))
  },
  convert: unchanged,
}
