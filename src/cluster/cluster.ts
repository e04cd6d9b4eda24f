import type { Side } from '../model/connection.ts'
import type { Identity } from '../model/version.ts'

/** One cluster whose flavor and version are known. */
export interface Cluster extends Connection {
  readonly identity: Identity
}

/** Speaks HTTP to one cluster through any of its nodes. */
export interface Connection {
  readonly side: Side
  /** The first address, without secrets: what names the cluster in reports, and in messages that no single node is the cause of. */
  readonly address: string
  /** What may be wrong with the credentials, where they are not accepted. */
  readonly loginNote?: string
  /** Requests sent so far. */
  readonly requestsSent: number
  /**
   * Sends one request and gives the whole answer, whatever its status. Every address is tried once before giving up.
   * @throws ShardferryError where there is no answer: `unreachable`, `unknown-host`, `unavailable`, `tls-untrusted`,
   *   `wrong-protocol`, `page-too-large`, `stopped`; and, to be tried again, `unauthorized` or `forbidden` for a 401 or 403
   *   after credentials, or the same request, that were accepted before
   */
  exchange(request: ClusterRequest): Promise<Answer>
  close(): Promise<void>
}

export interface ClusterRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Starts with `/`; index names in it are encoded, see `indexPath`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** A value is sent as JSON; bytes are sent as they are, as NDJSON. */
  readonly body?: Uint8Array | object
  readonly headers?: Readonly<Record<string, string>>
  /** Sent to the node at this address and no other, also to one that was not among the addresses given. */
  readonly at?: string
  readonly signal: AbortSignal
  /** Overrides the connection's own. */
  readonly timeoutMs?: number
  /** Answers larger than this are given up with `page-too-large`. */
  readonly maxBytes?: number
  /** The request moves a cursor or must not be sent twice: no other node is tried after it may have arrived. */
  readonly once?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
  /** The address of the node that answered, where the connection tells. */
  readonly from?: string
  /** Gives the memory behind `body` back for other answers; `body` must not be used afterwards. Optional. */
  release(): void
}

/** `a,b` as a path segment: each name encoded, commas kept. Names may hold `%`, `+`, date-math brackets and any Unicode. */
export function indexPath(names: string | readonly string[]): string {
  const list = typeof names === 'string' ? [names] : names
  return list.map(name => encodeURIComponent(name)).join(',')
}
