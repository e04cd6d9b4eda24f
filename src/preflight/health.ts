import type { Cluster } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { movedTasks } from '../model/plan.ts'
import { onBothSides } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'
import { shortList } from './name-lists.ts'

interface Health {
  readonly status: 'green' | 'yellow' | 'red'
  readonly number_of_nodes: number
  readonly unassigned_shards: number
  readonly indices?: Readonly<Record<string, { readonly status: string }>>
}

export const health: Check = {
  id: 'health',
  title: 'health of both clusters',
  code: 'cluster-red',
  run: async (context, signal) =>
    await onBothSides('health', context, async cluster => {
      // Without names: asked for an index that is not there yet, the server waits for it and then calls everything red.
      const state = await json<Health>(cluster, {
        method: 'GET',
        path: '/_cluster/health',
        query: { level: 'indices', filter_path: 'status,number_of_nodes,unassigned_shards,indices.*.status' },
        signal,
      })
      return [describe(cluster, state, context)]
    }),
}

function describe({ side }: Cluster, state: Health, { plan }: CheckContext): Found {
  const nodes = state.number_of_nodes === 1 ? '1 node' : `${state.number_of_nodes} nodes`
  if (state.status === 'green') return { about: side, severity: 'ok', message: `Green, ${nodes}.` }
  if (state.status === 'yellow') {
    const message = `Yellow: ${state.unassigned_shards === 1 ? '1 replica shard is' : `${state.unassigned_shards} replica shards are`} unassigned; ${nodes}.`
    return { about: side, severity: 'info', message }
  }
  const red = Object.entries(state.indices ?? {}).flatMap(([index, { status }]) => (status === 'red' ? [index] : []))
  const planned = plan && new Set(movedTasks(plan).map(task => task[side]))
  const concerned = planned ? red.filter(index => planned.has(index)) : red
  const one = concerned[0]
  const body = one === undefined ? '' : ` ${JSON.stringify({ index: one, shard: 0, primary: true })}`
  const why = `Ask the ${side} why:\nGET /_cluster/allocation/explain`
  const remedy = `${why}${body}\nStart the missing node or restore the index; or leave it out: --index '*,-${one ?? 'NAME'}'`
  if (concerned.length > 0 || planned === undefined) {
    const message = `Red: primary shards of ${concerned.length > 0 ? shortList(concerned) : 'some index'} are unassigned.`
    return { about: side, severity: 'error', message, remedy }
  }
  const message = `Red, but none of the plan's indices is: ${red.length > 0 ? shortList(red) : 'other indices'} lack primary shards.`
  return { about: side, severity: 'warning', message, remedy: why }
}
