import type { IndexTask } from '../../model/plan.ts'
import { idIn, placeOf } from '../../verify/compared-index.ts'
import { look } from '../../verify/look.ts'
import type { Migration } from '../migration.ts'
import { patiently } from '../patiently.ts'

/**
 * How many documents stand only on the side that applications go to, because the other refused them when they were to be
 * copied there: as things are, both sides cannot hold the same. @param task of `from`
 */
export async function refusedBefore(
  from: Migration,
  to: Migration | undefined,
  task: IndexTask,
  signal: AbortSignal,
): Promise<number> {
  const copied = to?.tasks.find(({ source }) => source === task.target)
  const places = to && copied ? to.setAside(copied) : new Map<string, string>()
  if (places.size === 0) return 0
  const index = await from.deletes.compared(task, signal)
  const waiting = { patiently: <T>(act: () => Promise<T>, within: AbortSignal) => patiently(from, act, within) }
  let count = 0
  await look(
    index,
    [...new Set([...places.keys()].map(idIn))],
    'ids',
    sights => {
      for (const { id, routing, source } of sights) if (!source && places.has(placeOf(id, routing))) count++
    },
    waiting,
    signal,
  )
  return count
}
