import type { Fault, Round } from '../fault.ts'

function nodeKilled(side: 'source' | 'target'): Fault {
  return {
    name: `${side} node killed`,
    slow: true,
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

/** Takes primaries away from their nodes: other copies take their places, under a new term. */
async function failOver({ source, random, indices }: Round): Promise<void> {
  const copies = await source.json<Copy[]>('GET', `/_cat/shards/${indices.join(',')}?format=json&h=index,shard,prirep,node`)
  const primaries = copies.filter(({ prirep, node }) => prirep === 'p' && node !== null)
  for (let left = random.between(1, 4); left > 0 && primaries.length > 0; left--) {
    const [{ index, shard, node }] = primaries.splice(random.between(0, primaries.length - 1), 1) as [Copy]
    const cancel = { index, shard: Number(shard), node, allow_primary: true }
    await source.json('POST', '/_cluster/reroute', { commands: [{ cancel }] })
  }
}

export const primaryFailOver: Fault = {
  name: 'primary fail-over',
  does: 'the primaries of one to four shards of the source lose their place to their replicas, under load',
  begin: failOver,
}
