/** More than a cluster takes: its queues are full, or its circuit breakers open. The storms are the drill's own requests. */
import type { DrillCluster } from '../cluster.ts'
import type { Fault, Round } from '../fault.ts'

interface Storm {
  /** Ends it and gives how many requests were refused. */
  stop(): Promise<number>
}

/** So many requests at once, again and again. */
function storm(cluster: DrillCluster, wide: number, path: string, body: object | string): Storm {
  const over = new AbortController()
  let refused = 0
  const gusts = Array.from({ length: wide }, async () => {
    while (!over.signal.aborted) {
      const reply = await cluster.site.send('POST', path, body).catch(() => undefined)
      if (reply === undefined || reply.status === 429 || reply.body.includes('rejected_execution')) refused++
    }
  })
  return {
    stop: async () => {
      over.abort()
      await Promise.all(gusts)
      return refused
    },
  }
}

function storming(name: string, does: string, raise: (round: Round) => Promise<Storm>): Fault {
  const storms = new WeakMap<Round, Storm>()
  return {
    name,
    does,
    begin: async round => void storms.set(round, await raise(round)),
    end: async round => {
      if ((await storms.get(round)?.stop()) === 0) round.missed()
    },
  }
}

export const bulkQueueFull: Fault = storming(
  'bulk queue full',
  'a storm of bulk requests fills the write queues of the target (10 places), which answers 429',
  async round => {
    const { target, seed } = round
    const index = `storm-${seed}`
    await target.json('PUT', `/${index}`, { settings: { number_of_shards: 12, number_of_replicas: 0, refresh_interval: -1 } })
    round.after(async () => void (await target.send('DELETE', `/${index}`)))
    const lines = Array.from({ length: 300 }, (_, n) => `{"index":{}}\n{"n":${n},"text":"${'wind '.repeat(20)}"}\n`).join('')
    return storm(target, 12, `/${index}/_bulk?filter_path=items.*.error.type`, lines)
  },
)

export const searchQueueFull: Fault = storming(
  '429 storm',
  'a storm of searches fills the search queues of the source (10 places), which answers 429 or misses shards',
  async ({ source, indices }) => {
    const search = {
      size: 200,
      query: { bool: { should: [{ wildcard: { text: '*r*e*' } }, { regexp: { 'deep.tags': '.*[0-9]+.*' } }] } },
      aggs: {
        prices: {
          histogram: { field: 'price', interval: 1 },
          aggs: { tags: { terms: { field: 'deep.tags.keyword', size: 50 } } },
        },
      },
      sort: [{ rev: 'desc' }, { n: 'asc' }],
    }
    return storm(source, 40, `/${indices.join(',')}/_search`, search)
  },
)

const limit = 'network.breaker.inflight_requests.limit'

export const circuitBreakers: Fault = {
  name: 'circuit breakers',
  does: 'the circuit breaker of requests under way is set so low, on either side, that it opens for bulk requests or for all',
  begin: async ({ random, source, target }) => {
    if (random.chance(0.5)) await target.json('PUT', '/_cluster/settings', { transient: { [limit]: '12kb' } })
    else await source.json('PUT', '/_cluster/settings', { transient: { [limit]: '150b' } })
  },
  end: async ({ source, target }) => {
    for (const cluster of [source, target]) await cluster.json('PUT', '/_cluster/settings', { transient: { [limit]: null } })
  },
}
