import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { thisProcess } from '../assemble.ts'
import { steadyNow } from '../flow/steady-clock.ts'
import { SqliteJournal } from '../journal/sqlite.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import { isLoopbackHost } from '../settings/serve-settings.ts'
import type { ServeSettings } from '../settings/serve-settings.ts'
import { serveApp } from './app.ts'
import type { ServeEnv } from './guard/guard.ts'
import { Doorkeeper } from './guard/who.ts'
import { serverLog } from './log.ts'
import { Metrics } from './metrics.ts'
import { Comparisons } from './runs/comparisons.ts'
import { Connections } from './runs/connections.ts'
import { Runs } from './runs/runs.ts'
import { Migrations } from './watch/migrations.ts'

/** Slow and half-open clients are let go; a body that is still coming after the last of these is not waited for. */
export const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
}
const mostConnections = 1_000

export interface Serving extends AsyncDisposable {
  readonly url: string
  /** Nobody has to say who they are. */
  readonly open: boolean
}

/** Listens until it is disposed. @throws ShardferryError `settings-invalid` where the address cannot be listened at */
export async function serve(
  settings: ServeSettings,
  mount: readonly ((app: Hono<ServeEnv>) => void)[] = [],
  within: typeof limits = limits,
): Promise<Serving> {
  const { host, port, tls } = settings
  const log = serverLog(settings.logLevel)
  const migrations = new Migrations(settings.stateFolder)
  const own = join(settings.stateFolder, '.server')
  const connections = new Connections(own, settings.connections)
  const journal = onlyServer(own, settings.stateFolder)
  const metrics = new Metrics(migrations)
  const runs = new Runs({
    migrations,
    connections,
    seen: (cluster, migration) => metrics.timed(cluster, migration),
    onEnd: (migration, error) => {
      if (!error) log.info({ migration }, 'a migration has come to its end')
      else log[error.code === 'stopped' ? 'info' : 'error']({ migration, code: error.code, hint: error.hint }, error.message)
    },
  })
  const comparisons = new Comparisons()
  const doorkeeper = new Doorkeeper(settings, steadyNow)
  const app = serveApp({
    migrations,
    connections,
    runs,
    comparisons,
    metrics,
    audit: entry => journal.append(entry),
    doorkeeper,
    hosts: hostsOf(settings),
    mount,
    onRefused: (why, address) => log.warn({ address, why }, 'a request was refused'),
    onError: (error, path) =>
      log[error.code === 'internal' ? 'error' : 'debug']({ path, code: error.code, err: error }, 'a request failed'),
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls
      ? {
          createServer: createTlsServer,
          serverOptions: {
            ...within,
            cert: tls.cert,
            key: tls.key.reveal(),
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          },
        }
      : { createServer, serverOptions: within }),
  })
  server.maxConnections = mostConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)))
    server.listen(port, host, resolve)
  })
  for (const migration of runs.resumeUnfinished()) log.info({ migration }, 'going on with what was under way')
  const bound = (server.address() as AddressInfo).port
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    open: doorkeeper.open,
    [Symbol.asyncDispose]: async () => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await runs[Symbol.asyncDispose]()
      await comparisons[Symbol.asyncDispose]()
      migrations[Symbol.dispose]()
      journal.close()
    },
  }
}

/** The server's own journal: what is done to no migration. @throws ShardferryError `state-held` where another server has the folder */
function onlyServer(folder: string, stateFolder: string): SqliteJournal {
  const journal = SqliteJournal.open(folder)
  try {
    journal.lock(thisProcess())
    return journal
  } catch (thrown) {
    journal.close()
    const error = asShardferryError(thrown)
    if (error.code !== 'state-held') throw error
    throw new ShardferryError(
      'state-held',
      error.message.replace('This migration is being run', `${stateFolder} is being served`),
      {
        cause: error,
        hint: 'Use that server, stop it, or give another state folder: --state FOLDER.',
      },
    )
  }
}

/** By which it is reached: where it listens, and what it was told. */
function hostsOf({ host, hosts }: ServeSettings): ReadonlySet<string> {
  const own = host.includes(':') ? `[${host}]` : host
  const local = isLoopbackHost(host) || host === '0.0.0.0' || host === '::' ? ['localhost', '127.0.0.1', '[::1]'] : []
  return new Set([own, ...local, ...hosts].map(name => name.toLowerCase()))
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): ShardferryError {
  const why = cause.code === 'EADDRINUSE' ? 'something else listens there' : (cause.code ?? cause.message)
  return new ShardferryError('settings-invalid', `The server cannot listen at ${host}, port ${port}: ${why}.`, {
    cause,
    hint: 'Choose another: --port N. Port 0 takes any that is free.',
  })
}
