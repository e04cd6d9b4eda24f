import type { Cluster } from '../cluster/cluster.ts'
import type { Side } from '../model/connection.ts'
import type { ShardferryError } from '../model/errors.ts'

/** Why a cluster could not be connected to, for those that stand for one. */
const reasons = new WeakMap<Cluster, ShardferryError>()

/** Stands for a cluster that could not be connected to, so that everything else is checked all the same: whatever is asked of it fails with the reason. */
export function unconnected(side: Side, address: string, reason: ShardferryError): Cluster {
  const cluster: Cluster = {
    side,
    address,
    get identity(): never {
      throw reason
    },
    requestsSent: 0,
    exchange: () => Promise.reject(reason),
    close: () => Promise.resolve(),
  }
  reasons.set(cluster, reason)
  return cluster
}

/** Undefined for a cluster that answers. */
export function whyUnconnected(cluster: Cluster): ShardferryError | undefined {
  return reasons.get(cluster)
}
