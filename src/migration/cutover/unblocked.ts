import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { indexWriteBlocked } from '../../cluster/shards.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Condition } from './gate.ts'

/**
 * A block that was there before is given back when applications have moved, and nothing could be carried over to there then.
 * @param left the side that applications leave @param tasks as they are read there
 */
export async function unblockedCondition(
  left: Cluster,
  tasks: readonly Pick<IndexTask, 'source'>[],
  signal: AbortSignal,
): Promise<Condition> {
  const what = `blocks on the ${left.side}`
  const blocked: string[] = []
  for (const { source } of tasks) if (await indexWriteBlocked(left, source, signal)) blocked.push(source)
  if (blocked.length === 0) return { what, holds: true, seen: 'none' }
  const settings = '{"index.blocks.write": null, "index.blocks.read_only": null}'
  return {
    what,
    holds: false,
    seen: `${blocked.join(', ')} ${blocked.length === 1 ? 'is' : 'are'} blocked for writes by somebody else`,
    remedy: `Lift it, so that what applications write later can be carried over to there; the ${left.side} is blocked again as a part of this: PUT /${blocked.map(indexPath).join(',')}/_settings ${settings}`,
  }
}
