import { connect } from '../assemble.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Settings } from '../settings/settings.ts'

/** Both clusters of a migration, closed at the end of the block that holds them. */
export interface Clusters extends AsyncDisposable {
  readonly source: Cluster
  readonly target: Cluster
}

export async function connectBoth(settings: Settings, signal: AbortSignal): Promise<Clusters> {
  const source = await connect(settings.source, signal)
  try {
    const target = await connect(settings.target, signal)
    return {
      source,
      target,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([source.close(), target.close()])
      },
    }
  } catch (thrown) {
    await source.close()
    throw thrown
  }
}

/** Clusters that are connected to when they are first asked for, and closed at the end of the block. */
export interface LazyClusters extends AsyncDisposable {
  /** @throws ShardferryError as `connect`; `state-other` where it is not the plan's */
  of(side: Side): Promise<Cluster>
}

export function connectLazily(settings: Settings, plan: Plan | undefined, signal: AbortSignal): LazyClusters {
  const opened = new Map<Side, Promise<Cluster>>()
  const open = async (side: Side): Promise<Cluster> => {
    const cluster = await connect(settings[side], signal)
    try {
      if (plan) requireSameCluster(plan, cluster)
      return cluster
    } catch (thrown) {
      await cluster.close()
      throw thrown
    }
  }
  return {
    of: side => {
      const known = opened.get(side) ?? open(side)
      opened.set(side, known)
      return known
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of await Promise.allSettled(opened.values())) if (one.status === 'fulfilled') await one.value.close()
    },
  }
}

/** @throws ShardferryError `state-other` where what answers is not the cluster of the plan */
export function requireSameCluster(plan: Plan, { side, identity }: Cluster): void {
  const planned = plan[side]
  if (planned.clusterUuid === identity.clusterUuid) return
  throw new ShardferryError(
    'state-other',
    `Migration ${plan.name} has another ${side}: cluster ${planned.clusterName} (${planned.clusterUuid}), not ${identity.clusterName}.`,
    {
      hint: 'Give the address it was started with, or start another migration with --name.',
    },
  )
}
