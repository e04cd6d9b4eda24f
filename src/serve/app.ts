import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { asShardferryError } from '../model/errors.ts'
import type { ShardferryError } from '../model/errors.ts'
import { version } from '../version.ts'
import { eventRoutes } from './api/events.ts'
import { migrationRoutes } from './api/migrations.ts'
import { apiRoutes } from './api/routes.ts'
import { guard } from './guard/guard.ts'
import type { GuardParts, ServeEnv } from './guard/guard.ts'
import { problem, problemOf } from './problem.ts'
import type { Migrations } from './watch/migrations.ts'

/** A plan of two thousand indices with their mappings. */
const mostBytes = 32 * 1024 * 1024

export interface AppParts extends GuardParts {
  readonly migrations: Migrations
  readonly here: (name: string) => boolean
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
  app.get('/healthz', c => c.json({ status: 'ok', version }))
  app.route('/api/v1', migrationRoutes(parts))
  app.route('/api/v1', eventRoutes(parts.migrations))
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Shardferry', version, description: 'Watches and steers migrations.' },
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  app.notFound(c => problem(c, 404, 'usage', `There is nothing at ${c.req.path}.`, 'GET /openapi.json tells what there is.'))
  app.onError((thrown, c) => {
    const error = asShardferryError(thrown)
    parts.onError(error, c.req.path)
    return problemOf(c, error)
  })
  for (const mount of parts.mount ?? []) mount(app)
  return app
}
