/**
 * Invariant: a search by sequence number is answered by a copy that the last refresh reached. A node that was cut off
 * from its cluster goes on answering from the copy it has, and one behind a load balancer may be asked at any time; so
 * searches name the nodes (`_only_nodes`), and a copy that moved since is an error, not another copy's answer.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { primaryTimes } from '../../cluster/primaries.ts'
import { refresh, standing } from '../../cluster/shards.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'

export interface Copies {
  /** Where the shards stand, and then a refresh: what is at or below a checkpoint is in the index before the refresh begins. */
  look(task: IndexTask, signal: AbortSignal): Promise<readonly ShardMark[]>
  /** Runs a search with the preference that reaches the refreshed copies of a shard. */
  reach<T>(task: IndexTask, shard: number, search: (preference: string) => Promise<T>, signal: AbortSignal): Promise<T>
}

type Nodes = readonly (readonly string[])[]

export function refreshedCopies(source: Cluster): Copies {
  const known = new Map<string, Promise<Nodes>>()

  const look = async (task: IndexTask, signal: AbortSignal): Promise<{ marks: readonly ShardMark[]; nodes: Nodes }> => {
    const { marks, nodes, started } = await standing(source, task.source, task.shards, primaryTimes, signal)
    // Replicas that take whole segments from the primary are not refreshed, and not read.
    await refresh(source, task.source, signal, task.read.primaryOnly ? task.shards : started)
    return { marks, nodes }
  }
  const nodesOf = (task: IndexTask, signal: AbortSignal): Promise<Nodes> => {
    const found = known.get(task.source)
    if (found) return found
    const looked = look(task, signal).then(({ nodes }) => nodes)
    known.set(task.source, looked)
    looked.catch(() => forget(task, looked))
    return looked
  }
  const forget = (task: IndexTask, nodes: Promise<Nodes>): void => {
    if (known.get(task.source) === nodes) known.delete(task.source)
  }

  return {
    async look(task, signal) {
      const { marks, nodes } = await look(task, signal)
      known.set(task.source, Promise.resolve(nodes))
      return marks
    },
    async reach(task, shard, search, signal) {
      if (task.read.primaryOnly) return await search(`_shards:${shard}|_primary`)
      for (let look = 1; ; look++) {
        const asked = nodesOf(task, signal)
        const nodes = (await asked)[shard] ?? []
        try {
          return await search(`_shards:${shard}${nodes.length > 0 ? `|_only_nodes:${nodes.join(',')}` : ''}`)
        } catch (thrown) {
          if (!(thrown instanceof ShardferryError)) throw thrown
          // OpenSearch with strict weighted routing chooses the nodes itself.
          if (thrown.serverType === 'preference_based_search_not_allowed_exception') return await search(`_shards:${shard}`)
          if (!/no data nodes with criteri/.test(thrown.message)) throw thrown
          forget(task, asked)
          if (look === 2) throw moving(task, shard, thrown)
        }
      }
    },
  }
}

function moving(task: IndexTask, shard: number, cause: unknown): ShardferryError {
  return new ShardferryError('unavailable', `The copies of shard ${shard} of ${task.source} keep moving.`, {
    recovery: 'retry',
    cause,
    hint: 'Look at the health of the source; they are asked again, where they are then.',
  })
}
