import type { Answer, Cluster, ClusterRequest } from '../cluster/cluster.ts'
import { ShardferryError } from '../model/errors.ts'
import type { ConnectionSettings, Side } from '../model/connection.ts'
import type { Finding } from '../model/findings.ts'
import type { IndexTask, Plan } from '../model/plan.ts'
import { parseVersion } from '../model/version.ts'
import type { Flavor } from '../model/version.ts'
import type { Check, CheckContext } from './check.ts'
import { requirePastable } from './pastable.test-part.ts'

/** What a fake cluster says: a body with 200, `[status, body]`, an error to throw, or what a function makes of the request. */
export type Said = object | readonly [status: number, body: object] | Error | ((request: ClusterRequest) => Said)

export interface FakeCluster extends Cluster {
  /** `METHOD path` of every request. */
  readonly requests: readonly string[]
}

/** A cluster that is a table of `METHOD path` (the path may end with `*`) and what is answered; anything else is a 404. */
export function fakeCluster(side: Side, is: string, table: Readonly<Record<string, Said>> = {}, address = ''): FakeCluster {
  const [flavor, number] = is.split(' ') as [Flavor, string]
  const requests: string[] = []
  const exchange = async (request: ClusterRequest): Promise<Answer> => {
    request.signal.throwIfAborted()
    const call = `${request.method} ${request.path}`
    requests.push(call)
    const key = Object.keys(table).find(key => (key.endsWith('*') ? call.startsWith(key.slice(0, -1)) : call === key))
    return await Promise.resolve(answerOf(key === undefined ? [404, { error: 'not found' }] : table[key]!, request))
  }
  return {
    side,
    address: address || `https://${side}:9200`,
    identity: { flavor, version: parseVersion(number)!, clusterName: `${side}-cluster`, clusterUuid: `${side}-uuid` },
    requests,
    get requestsSent() {
      return requests.length
    },
    exchange,
    close: () => Promise.resolve(),
  }
}

function answerOf(said: Said, request: ClusterRequest): Answer {
  if (typeof said === 'function') return answerOf(said(request), request)
  if (said instanceof Error) throw said
  const [status, body] = Array.isArray(said) ? (said as [number, object]) : [200, said]
  return { status, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)), release: () => undefined }
}

/** Settings of connections that nobody opens. */
export const connections: Readonly<Record<Side, ConnectionSettings>> = {
  source: connectionTo('source'),
  target: connectionTo('target'),
}

function connectionTo(side: Side): ConnectionSettings {
  return { side, addresses: [`https://${side}:9200`], auth: { kind: 'none' }, tls: { verify: true }, requestTimeoutMs: 1000 }
}

export const forbidden: Said = [
  403,
  { error: { type: 'security_exception', reason: 'action is unauthorized for user [reader]' } },
]
export const unreachable: ShardferryError = new ShardferryError('unreachable', 'cannot be reached', { hint: 'start it' })

export function task(source: string, facts: Partial<IndexTask> = {}): IndexTask {
  return {
    source,
    target: source,
    uuid: `${source}-uuid`,
    action: 'create',
    shards: 1,
    estimate: { docs: 1, bytes: 1 },
    read: { by: 'seq-no' },
    versionFrom: 'seq-no',
    settings: {},
    mappings: {},
    aliases: {},
    changes: [],
    tuning: {},
    ...facts,
  }
}

export function planOf(...indices: readonly IndexTask[]): Plan {
  const cluster = { address: '', clusterName: '', clusterUuid: '', flavor: 'opensearch', version: '2.19.4' } as const
  return { shardferryPlan: 1, name: 'm', createdAt: '', patterns: [], source: cluster, target: cluster, indices, skipped: [] }
}

/** What a check finds between two fake clusters; those that are not given answer nothing. */
export async function found(check: Check, context: Partial<CheckContext>): Promise<Finding[]> {
  const findings = await check.run(
    {
      source: fakeCluster('source', 'elasticsearch 7.10.2'),
      target: fakeCluster('target', 'opensearch 2.19.4'),
      connections,
      warnings: [],
      ...context,
    },
    AbortSignal.timeout(5_000),
  )
  requirePastable(findings)
  return findings
}

/** `severity about`, in order. */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, about }) => `${severity} ${about}`)
}
