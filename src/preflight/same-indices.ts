import type { Cluster } from '../cluster/cluster.ts'
import { indexSettings } from '../cluster/index-settings.ts'
import type { FlatSettings } from '../cluster/index-settings.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { indexCount, nameChunks } from './name-lists.ts'

/** Whether the plan's indices are those that it was made for: plans are kept for days, and edited. */
export const sameIndices: Check = {
  id: 'same-indices',
  title: "identity of the plan's indices",
  code: 'plan-refused',
  run: async ({ source, plan }, signal) =>
    await attempted('same-indices', 'source', async () => {
      if (!plan) return [noPlan('source', 'whether its indices are the planned ones')]
      const tasks = movedTasks(plan)
      const settings = await readSettings(
        source,
        tasks.map(task => task.source),
        signal,
      )
      const found = tasks.flatMap(task => describe(task, settings.get(task.source)))
      if (found.length > 0) return found
      return [
        { about: 'source', severity: 'ok', message: `${indexCount(tasks.length)} of the plan, each the one it was made for.` },
      ]
    }),
}

async function readSettings(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FlatSettings>> {
  const wanted = 'index.uuid,index.number_of_shards'
  const query = { ignore_unavailable: true, expand_wildcards: 'all' }
  const answers = await Promise.all(nameChunks(names).map(chunk => indexSettings(cluster, chunk, wanted, signal, query)))
  return new Map(answers.flatMap(answer => [...(answer ?? [])]))
}

/** An index that is not there is told by another check. */
function describe({ source, uuid, shards }: IndexTask, settings: FlatSettings | undefined): Found[] {
  const error = (message: string): Found[] => [
    { about: source, severity: 'error', message, remedy: 'Make the plan again: shardferry plan --out FILE' },
  ]
  const [actual, count] = [settings?.['index.uuid'], settings?.['index.number_of_shards']]
  if (actual !== undefined && actual !== uuid)
    return error(`It is not the index that the plan was made for: that was ${uuid}, this is ${actual}.`)
  if (count !== undefined && count !== String(shards))
    return error(`It has ${count} shards on the source, and the plan says ${shards}.`)
  return []
}
