import type { Answer, Cluster, ClusterRequest } from '../cluster/cluster.ts'
import type { Side } from '../model/connection.ts'
import type { Identity } from '../model/version.ts'
import { parseVersion } from '../model/version.ts'

export interface Reply {
  readonly status?: number
  readonly body: unknown
}

/** For tests: `GET /cities` to what it answers; a list is used up one by one, its last entry stays. */
export type Table = Readonly<Record<string, Reply | readonly Reply[]>>

export interface TableCluster extends Cluster {
  readonly seen: ClusterRequest[]
}

/** A cluster that answers from a table, and 404 to everything else. */
export function tableCluster(identity: Identity, table: Table, side: Side = 'target'): TableCluster {
  const seen: ClusterRequest[] = []
  const used = new Map<string, number>()
  return {
    side,
    address: 'http://table:9200',
    identity,
    requestsSent: 0,
    seen,
    exchange: (request): Promise<Answer> => {
      seen.push(request)
      const call = `${request.method} ${decodeURIComponent(request.path)}`
      const entry = table[call] ?? {
        status: 404,
        body: { error: { type: 'index_not_found_exception', reason: call }, status: 404 },
      }
      const replies = [entry].flat()
      const turn = used.get(call) ?? 0
      used.set(call, turn + 1)
      const reply = replies[Math.min(turn, replies.length - 1)] ?? { body: {} }
      const body = new TextEncoder().encode(JSON.stringify(reply.body))
      return Promise.resolve({ status: reply.status ?? 200, headers: {}, body, release: () => {} })
    },
    close: () => Promise.resolve(),
  }
}

export function elasticsearch(version: string): Identity {
  return identity('elasticsearch', version)
}

export function opensearch(version: string): Identity {
  return identity('opensearch', version)
}

function identity(flavor: Identity['flavor'], text: string): Identity {
  const version = parseVersion(text)
  if (!version) throw new Error(`${text} is no version`)
  return { flavor, version, clusterName: `a ${flavor}`, clusterUuid: `uuid-of-${text}` }
}
