/**
 * Asks a node of the target to read from the source: a `_reindex` from remote whose query matches nothing. It connects,
 * logs in and searches as a real one does, and writes nothing, so the index it names is not made.
 */
import type { Connection } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { innermostReason, refusal, serverError } from '../cluster/refusal.ts'
import { remoteCredentials } from '../cluster/remote-source.ts'
import type { RemoteHost } from '../cluster/remote-source.ts'
import type { Auth } from '../model/connection.ts'

/** What stands in the way, by what a person has to change. */
export type Obstacle =
  | 'not-allowed'
  | 'unknown-host'
  | 'unreachable'
  | 'scheme'
  | 'ca'
  | 'expired'
  | 'host-name'
  | 'credentials'
  | 'privileges'
  | 'index-missing'
  | 'incompatible'
  | 'other'

export interface Probed {
  /** Undefined where the node reads. */
  readonly obstacle: Obstacle | undefined
  /** The server's own words; '' where the node reads. */
  readonly reason: string
}

export interface RemoteSource extends RemoteHost {
  readonly auth: Auth
  /** With none, an index is asked for that is not there: OpenSearch looks names and patterns up among its own indices too. */
  readonly indices: readonly string[]
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
        // An id that no document has. With match_none Elasticsearch 8 skips every shard of an index of several, and gives a
        // scroll that it then does not know (503 "no nodes to search on"), which OpenSearch asks for again for many minutes.
        query: { ids: { values: [index] } },
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
  const { type, reason } = serverError(answer)
  const obstacle = obstacleOf(type, `${reason} ${innermostReason(answer)}`, answer.status)
  if (obstacle === undefined) throw refusal(target, request, answer)
  if (obstacle === 'index-missing' && remote.indices.length === 0) return { obstacle: undefined, reason: '' }
  return { obstacle, reason: inner(reason) }
}

/** The words of Elasticsearch 7.10 and OpenSearch 2.19, and of the Java below. Undefined: the target refuses by itself. */
function obstacleOf(type: string, words: string, status: number): Obstacle | undefined {
  if (/not (white|allow)listed in reindex\.remote/.test(words)) return 'not-allowed'
  if (type === 'unknown_host_exception') return 'unknown-host'
  if (/NotAfter|NotBefore|validity check failed/.test(words)) return 'expired'
  if (/No subject alternative|No name matching|does not match the certificate|peer_unverified/.test(`${type} ${words}`))
    return 'host-name'
  if (/PKIX path|unable to find valid certification path/.test(words)) return 'ca'
  if (/Unrecognized SSL message|Unsupported or unrecognized SSL/.test(words)) return 'scheme'
  if (type === 'connection_closed_exception') return 'scheme'
  if (/^(s_s_l_|ssl_)/.test(type)) return 'ca'
  if (/connect_exception|connect_timeout_exception|socket_timeout_exception|no_route_to_host|timeout_exception/.test(type))
    return 'unreachable'
  if (/remote is likely not an|Error parsing the response|No search type for \[scan\]/.test(words)) return 'incompatible'
  if (type === 'status_exception' || words.startsWith('body=')) {
    if (status === 401 || /"status":401/.test(words)) return 'credentials'
    if (status === 403 || /"status":403/.test(words)) return 'privileges'
    if (/index_not_found_exception/.test(words)) return 'index-missing'
    return 'other'
  }
  return status >= 500 ? 'other' : undefined
}

/** The remote's answer is wrapped as text: `body={"error":...}`. */
function inner(reason: string): string {
  const body = /^body=(\{.*?\})(?: \(|$)/s.exec(reason)?.[1]
  if (body === undefined) return reason
  return /"reason":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]?.replaceAll('\\"', '"') ?? reason
}

/** Removes the probe's index should a server have made it; the name is ours alone. Undefined, or why it is still there. */
export async function removeProbe(target: Connection, index: string, signal: AbortSignal): Promise<string | undefined> {
  const path = `/${indexPath(index)}`
  const there = await target.exchange({ method: 'HEAD', path, signal })
  if (there.status === 404) return undefined
  // Who may not look cannot know; a server makes no index where nothing is written.
  if (there.status === 401 || there.status === 403) return undefined
  const answer = await target.exchange({ method: 'DELETE', path, signal })
  return answer.status < 400 || answer.status === 404 ? undefined : serverError(answer).reason
}
