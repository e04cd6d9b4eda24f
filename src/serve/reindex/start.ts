import { createAdaptorServer } from '@hono/node-server'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ConnectionSettings } from '../../model/connection.ts'
import type { ServeTls } from '../../settings/serve-settings.ts'
import { reindexApi } from './app.ts'
import type { CarryOutParts } from './carry-out.ts'
import { openDoor } from './door.ts'
import { Jobs } from './jobs.ts'
import type { Remotes } from './remotes.ts'

/** A client that waits for an answer waits as long as it takes; one that is slow to ask is not waited for. */
const limits = { headersTimeout: 20_000, requestTimeout: 300_000, connectionsCheckingInterval: 1_000 } as const

export interface ReindexServerParts {
  /** Without a login: clients bring their own. */
  readonly target: ConnectionSettings
  readonly stateFolder: string
  readonly remotes: Remotes
  readonly copy: CarryOutParts['copy']
  readonly world: CarryOutParts['world']
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly tls?: Pick<ServeTls, 'cert' | 'key'> | undefined
}

export interface ReindexServer {
  readonly url: string
  /** Requests of an earlier process that cannot be gone on with. */
  readonly problems: readonly string[]
  close(): Promise<void>
}

/** Listens, and goes on with what an earlier process has left. */
export async function startReindexServer(parts: ReindexServerParts): Promise<ReindexServer> {
  const door = openDoor(parts.target)
  const jobs = new Jobs(parts)
  const { fetch } = reindexApi({ door, jobs })
  const { tls } = parts
  const server = createAdaptorServer(
    tls
      ? { fetch, createServer: createTlsServer, serverOptions: { ...limits, cert: tls.cert, key: tls.key.reveal() } }
      : { fetch, createServer, serverOptions: limits },
  ) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(parts.port, parts.host, resolve)
  })
  const problems = jobs.resume()
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    problems,
    close: async () => {
      await jobs.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await door.close()
    },
  }
}
