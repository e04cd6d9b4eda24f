import type { Cluster } from '../../cluster/cluster.ts'
import { findDataStream } from '../../metadata/data-streams/read.ts'
import { generationOf } from '../../metadata/data-streams/way.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { DataStreamTask, IndexTask, Plan } from '../../model/plan.ts'
import type { PlanOptions } from '../../model/selection.ts'
import { takeInventory } from '../inventory.ts'
import { makePlan } from '../make-plan.ts'

/** Backing indices that the source's data stream has got since it was planned, oldest first. */
export async function rolledOverSince(
  source: Cluster,
  stream: DataStreamTask,
  plan: Plan,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known = new Set([...plan.indices.map(task => task.source), ...plan.skipped.map(({ index }) => index)])
  const { indices = [] } = (await findDataStream(source, stream.source, signal)) ?? {}
  return indices.slice(1 + indices.findLastIndex(index => known.has(index))).filter(index => !known.has(index))
}

/** The task for such an index, as a plan made now would have it. @throws ShardferryError `plan-refused` */
export async function planRollover(
  index: string,
  stream: DataStreamTask,
  { source, target, options }: { readonly source: Cluster; readonly target: Cluster; readonly options: PlanOptions },
  signal: AbortSignal,
): Promise<IndexTask> {
  const { source: from, target: to } = stream
  const renames = { [from]: to, ...(stream.by === 'roll-over' ? { [index]: nextName(index, stream) } : {}) }
  const selection = { patterns: [index], includeSystem: false, renames, filters: {} }
  const inventory = await takeInventory(source, target, selection, signal)
  // The target has the stream by now, as this migration made it.
  const dataStreams = (inventory.dataStreams ?? []).map(found => ({ ...found, onTarget: undefined, taken: false }))
  // And what the stream there has made under that name makes room for it.
  const indices = inventory.indices.map(found => ({ ...found, onTarget: { kind: 'nothing' } as const }))
  const [task] = makePlan({ ...inventory, dataStreams, indices }, options).indices
  if (task?.action === 'create') return task
  throw new ShardferryError(
    'plan-refused',
    `${from} was rolled over, and its new backing index ${index} cannot be moved: ${task?.reason}`,
    {
      hint: 'Stop this migration (shardferry cancel), and plan another one.',
    },
  )
}

/** The stream on the target goes on with the same number, or with its next one. */
function nextName(index: string, { target, indices }: DataStreamTask): string {
  const last = generationOf(indices.at(-1) ?? '') ?? indices.length
  const number = Math.max(last + 1, generationOf(index) ?? 0)
  return `.ds-${target}-${String(number).padStart(6, '0')}`
}
