import type { DrillCluster } from '../cluster.ts'
import type { Fault, Round } from '../fault.ts'

function nodeKilled(side: 'source' | 'target'): Fault {
  return {
    name: `${side} node killed`,
    does: `kill -9 of a node of the ${side}, the elected master or another, and its return`,
    begin: async round => {
      const cluster = round[side]
      const master = await cluster.master()
      const others = Array.from({ length: cluster.nodes }, (_, node) => node).filter(node => node !== master)
      await cluster.kill(round.random.chance(0.3) ? master : others[round.random.between(0, others.length - 1)]!)
    },
    end: round => round[side].revive(),
  }
}

export const sourceNodeKilled: Fault = nodeKilled('source')
export const targetNodeKilled: Fault = nodeKilled('target')

interface Copy {
  readonly index: string
  readonly shard: string
  readonly prirep: string
  readonly node: string
}

/** Takes the primary away from its node: another copy takes its place, under a new term. */
async function failOver(source: DrillCluster, { random, indices }: Round): Promise<void> {
  const copies = await source.json<Copy[]>('GET', `/_cat/shards/${indices.join(',')}?format=json&h=index,shard,prirep,node`)
  const primaries = copies.filter(({ prirep, node }) => prirep === 'p' && node !== null)
  const { index, shard, node } = primaries[random.between(0, primaries.length - 1)]!
  const cancel = { index, shard: Number(shard), node, allow_primary: true }
  await source.json('POST', '/_cluster/reroute', { commands: [{ cancel }] })
}

export const primaryFailOver: Fault = {
  name: 'primary fail-over',
  does: 'the primaries of one to four shards of the source lose their place to their replicas, under load',
  begin: async round => {
    for (let left = round.random.between(1, 4); left > 0; left--) {
      await failOver(round.source, round)
      await round.source.green()
    }
  },
}
