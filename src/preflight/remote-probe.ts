/**
 * Asks a node of the target to read from the source: a `_reindex` from remote whose query matches nothing. It connects,
 * logs in and searches as a real one does, and writes nothing, so the index it names is not made.
 */
import type { Connection } from '../cluster/cluster.ts'
import { nestedError, refusal, serverError } from '../cluster/refusal.ts'
import type { ServerReason } from '../cluster/refusal.ts'
import { obstacleIn } from '../cluster/reindex-obstacle.ts'
import type { Obstacle } from '../cluster/reindex-obstacle.ts'
import { remoteCredentials } from '../cluster/remote-source.ts'
import type { RemoteHost } from '../cluster/remote-source.ts'
import type { Auth } from '../model/connection.ts'

export interface Probed {
  /** Undefined where the node reads. */
  readonly obstacle: Obstacle | 'other' | undefined
  /** The server's own words; '' where the node reads. */
  readonly reason: string
}

export interface RemoteSource extends RemoteHost {
  readonly auth: Auth
  /** With none, an index is asked for that is not there: OpenSearch looks names and patterns up among its own indices too. */
  readonly indices: readonly string[]
}

/**
 * Not `match_none`: Elasticsearch 8.19 then searches no shard, and gives a scroll without any, which it answers with 503.
 * OpenSearch 3.4, which goes on to the next page after an empty first one, asks again for minutes.
 */
const nothing = {
  bool: { filter: { ids: { values: ['shardferry-probe'] } }, must_not: { ids: { values: ['shardferry-probe'] } } },
}

/** @throws ShardferryError where the target itself refuses or fails, such as `forbidden` */
export async function probeRemote(target: Connection, remote: RemoteSource, index: string, signal: AbortSignal): Promise<Probed> {
  const request = {
    method: 'POST',
    path: '/_reindex',
    body: {
      source: {
        remote: { host: remote.host, ...remoteCredentials(remote.auth), connect_timeout: '10s', socket_timeout: '20s' },
        index: remote.indices.length > 0 ? remote.indices : index,
        query: nothing,
        size: 1,
      },
      dest: { index },
    },
    timeoutMs: 60_000,
    once: true,
    signal,
  } as const
  const answer = await target.exchange(request)
  if (answer.status < 400) return { obstacle: undefined, reason: '' }
  const error = nestedError(answer)
  const obstacle = obstacleIn(error, answer.status) ?? (answer.status >= 500 || isPassedOn(error) ? 'other' : undefined)
  if (obstacle === undefined) throw refusal(target, request, answer)
  if (obstacle === 'index-missing' && remote.indices.length === 0) return { obstacle: undefined, reason: '' }
  return { obstacle, reason: inner(serverError(answer).reason) }
}

/** An answer of the remote, whatever it says, and not the target's own. */
function isPassedOn({ type, reason = '' }: ServerReason): boolean {
  return type === 'status_exception' || reason.startsWith('body=')
}

/** The remote's answer is wrapped as text: `body={"error":...}`. */
function inner(reason: string): string {
  const body = /^body=(\{.*?\})(?: \(|$)/s.exec(reason)?.[1]
  if (body === undefined) return reason
  return /"reason":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]?.replaceAll('\\"', '"') ?? reason
}
