import type { Cluster } from '../cluster/cluster.ts'

/**
 * The same cluster, where what the user may not look at counts as not there: a plan made with it says what would be done,
 * and the checks say what the user lacks for it.
 */
export function blindly(cluster: Cluster): Cluster {
  return Object.create(cluster, {
    exchange: {
      value: async (request: Parameters<Cluster['exchange']>[0]) => {
        const answer = await cluster.exchange(request)
        return answer.status === 403 && request.method === 'GET'
          ? { ...answer, status: 404, body: new TextEncoder().encode('{}') }
          : answer
      },
    },
  }) as Cluster
}
