import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import { connector } from '../../cluster/tls.ts'
import { wireFailure } from '../../cluster/wire-error.ts'
import type { ConnectionSettings } from '../../model/connection.ts'

export interface DoorRequest {
  readonly method: Dispatcher.HttpMethod
  /** With its query, as it came. */
  readonly path: string
  readonly headers: Record<string, string | string[]>
  readonly body: Readable | string | null
  readonly signal: AbortSignal
}

export interface DoorAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

/** The way to the target for what others ask it: with their headers, their login among them, and none of ours. */
export interface Door {
  /** Nodes are used in turn. @throws ShardferryError where none answers; what has a stream for a body is tried once */
  send(request: DoorRequest): Promise<DoorAnswer>
  close(): Promise<void>
}

export function openDoor({ side, addresses, tls, requestTimeoutMs }: ConnectionSettings): Door {
  const connect = connector(side, tls, requestTimeoutMs)
  const nodes = addresses.map(address => {
    const { origin, pathname } = new URL(address)
    // A request may wait as long as its client does: a search or a _reindex takes what it takes.
    const pool = new Pool(origin, { connections: 64, connect, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 128 * 1024 })
    return { address, prefix: pathname.replace(/\/+$/, ''), pool }
  })
  let turn = 0
  return {
    send: async ({ method, path, headers, body, signal }) => {
      const first = turn++
      for (let i = 0; ; i++) {
        const { address, prefix, pool } = nodes[(first + i) % nodes.length]!
        try {
          const answer = await pool.request({ method, path: prefix + path, headers, body, signal })
          return { status: answer.statusCode, headers: answer.headers, body: answer.body }
        } catch (thrown) {
          const { error, sent } = wireFailure(thrown, side, address, tls.cert !== undefined, signal)
          const mayRepeat = !sent && (body === null || typeof body === 'string')
          if (!mayRepeat || i === nodes.length - 1) throw error
        }
      }
    },
    close: async () => {
      await Promise.all(nodes.map(({ pool }) => pool.destroy()))
    },
  }
}
