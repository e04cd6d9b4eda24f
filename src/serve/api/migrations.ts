import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServeEnv } from '../guard/guard.ts'
import type { Migrations } from '../watch/migrations.ts'
import { apiRoutes, json, routeFor } from './routes.ts'
import { limitParam, migrationSchema, nameParam, summarySchema } from './schemas.ts'
import { migrationOf, summaryOf } from './shown.ts'

export interface MigrationRoutesParts {
  readonly migrations: Migrations
  /** Whether this server runs it. */
  readonly here: (name: string) => boolean
}

/** Which migrations there are, and how each stands. */
export function migrationRoutes({ migrations, here }: MigrationRoutesParts): OpenAPIHono<ServeEnv> {
  const list = routeFor('viewer', {
    method: 'get',
    path: '/migrations',
    tags: ['migrations'],
    summary: 'The migrations of the state folder, by name.',
    request: {
      query: z.object({
        limit: limitParam(1000, 100),
        after: z.string().max(120).optional().openapi({ description: 'The name that the page before ended with.' }),
      }),
    },
    responses: {
      200: json(
        z.object({
          migrations: z.array(summarySchema),
          next: z.string().nullable().openapi({ description: 'What to give as `after` for the next page.' }),
        }),
        'A page of them.',
      ),
    },
  })
  const get = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}',
    tags: ['migrations'],
    summary: 'One migration. The ETag changes when it was steered, begun or ended.',
    request: { params: z.object({ name: nameParam }) },
    responses: { 200: json(migrationSchema, 'The migration.') },
  })
  return apiRoutes()
    .openapi(list, c => {
      const { limit, after = '' } = c.req.valid('query')
      const rest = migrations.all().filter(({ name }) => name > after)
      const page = rest.slice(0, limit)
      const next = rest.length > limit ? (page.at(-1)?.name ?? null) : null
      return c.json({ migrations: page.map(one => summaryOf(one, here(one.name))), next }, 200)
    })
    .openapi(get, c => {
      const watched = migrations.named(c.req.valid('param').name)
      c.header('etag', etagOf(watched.version))
      return c.json(migrationOf(watched, here(watched.name)), 200)
    })
}

export function etagOf(version: number): string {
  return `"${version}"`
}
