import { ifAllowed } from '../cluster/if-allowed.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { count, refresh } from '../cluster/shards.ts'
import type { JsonObject } from '../model/plan.ts'

export interface Counted {
  /** Null where the user may not count. */
  readonly docs: number | null
  /** False where the user may not refresh: what came last may not be counted. */
  readonly refreshed: boolean
}

/** Live documents that match, after a refresh where the user may. @param where `shards`: how many must have counted */
export async function counted(
  cluster: Cluster,
  index: string,
  query: JsonObject,
  where: { readonly shards?: number },
  signal: AbortSignal,
): Promise<Counted> {
  const refreshed = await ifAllowed(refresh(cluster, index, signal).then(() => true))
  const docs = await ifAllowed(count(cluster, index, query, where, signal))
  return { docs: docs ?? null, refreshed: refreshed ?? false }
}
