import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Hono, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import type { Audited } from '../model/entries.ts'
import { asShardferryError } from '../model/errors.ts'
import type { ShardferryError } from '../model/errors.ts'
import { version } from '../version.ts'
import { connectionRoutes } from './api/connections.ts'
import { controlRoutes } from './api/control.ts'
import { createRoutes } from './api/create.ts'
import { detailRoutes } from './api/details.ts'
import { eventRoutes } from './api/events.ts'
import { migrationRoutes } from './api/migrations.ts'
import { apiRoutes } from './api/routes.ts'
import { mountConsole } from './console.ts'
import { guard, needs } from './guard/guard.ts'
import type { GuardParts, ServeEnv } from './guard/guard.ts'
import type { Metrics } from './metrics.ts'
import { problem, problemOf } from './problem.ts'
import type { Comparisons } from './runs/comparisons.ts'
import type { Connections } from './runs/connections.ts'
import type { Runs } from './runs/runs.ts'
import type { Migrations } from './watch/migrations.ts'

/** A plan of two thousand indices with their mappings. */
const mostBytes = 32 * 1024 * 1024

export interface AppParts extends GuardParts {
  readonly migrations: Migrations
  readonly connections: Connections
  readonly runs: Runs
  readonly comparisons: Comparisons
  readonly metrics: Metrics
  /** For what is done to no migration. */
  readonly audit: (entry: Audited) => void
  /** More routes, asked after those of the server itself: what they mount may take every path that is left. */
  readonly mount?: readonly ((app: Hono<ServeEnv>) => void)[]
  readonly onError: (error: ShardferryError, path: string) => void
}

/** The server as an application: what a request is answered with, without a socket. */
export function serveApp(parts: AppParts): OpenAPIHono<ServeEnv> {
  const app = apiRoutes()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      crossOriginOpenerPolicy: 'same-origin',
      crossOriginResourcePolicy: 'same-origin',
    }),
  )
  app.use(guard(parts))
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: mostBytes,
      onError: c => problem(c, 413, 'usage', `The body is larger than ${mostBytes} bytes.`),
    }),
  )
  app.use('/api/*', async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
  })
  app.use('/api/*', jsonOnly)
  app.get('/healthz', c => c.json({ status: 'ok', version }))
  app.get('/readyz', c => {
    // Throws where the state folder cannot be read.
    parts.migrations.all()
    return c.json({ status: 'ok' })
  })
  app.get('/metrics', needs('viewer'), async c =>
    c.body(await parts.metrics.text(), 200, { 'content-type': parts.metrics.contentType }),
  )
  const { migrations, connections, comparisons, runs, audit } = parts
  for (const routes of [
    migrationRoutes({ migrations, here: name => runs.here(name) }),
    createRoutes({ migrations, connections, runs }),
    eventRoutes(migrations),
    detailRoutes(migrations, comparisons),
    controlRoutes({ migrations, runs, comparisons }),
    connectionRoutes(connections, migrations.stateFolder, audit),
  ])
    app.route('/api/v1', routes)
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.doc31('/openapi.json', description)
  mountConsole(app)
  app.notFound(c => problem(c, 404, 'usage', `There is nothing at ${c.req.path}.`, 'GET /openapi.json tells what there is.'))
  app.onError((thrown, c) => {
    if (thrown instanceof HTTPException) return thrown.res ?? problem(c, thrown.status, 'usage', thrown.message)
    const error = asShardferryError(thrown)
    parts.onError(error, c.req.path)
    return problemOf(c, error)
  })
  for (const mount of parts.mount ?? []) mount(app)
  return app
}

/** The document of /openapi.json. */
export const description = {
  openapi: '3.1.0',
  info: {
    title: 'Shardferry',
    version,
    description: 'Watches and steers the migrations of a state folder.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
} as const

/** What is sent under another name is not read: it would count as nothing said. */
const jsonOnly: MiddlewareHandler<ServeEnv> = async (c, next) => {
  const { method, headers } = c.req.raw
  const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/.test(headers.get('content-type') ?? '')
  if (method !== 'GET' && hasBody && !isJson)
    return problem(c, 415, 'usage', 'The body must be JSON.', 'Send it with: Content-Type: application/json')
  return await next()
}
