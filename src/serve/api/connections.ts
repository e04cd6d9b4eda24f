import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Audited } from '../../model/entries.ts'
import type { ServeEnv } from '../guard/guard.ts'
import type { Connections } from '../runs/connections.ts'
import { settingsOf } from '../runs/settings-of.ts'
import { connectionSchema, nameSchema } from './asked.ts'
import { auditedBy } from './audited.ts'
import { apiRoutes, json, refusal, routeFor } from './routes.ts'

const shownSchema = z
  .object({
    name: z.string(),
    url: z.array(z.string()).readonly(),
    username: z.string().nullable(),
    auth: z.enum(['none', 'basic', 'api-key', 'bearer']),
    fixed: z.boolean().openapi({ description: "It stands in the server's own settings." }),
  })
  .openapi('ShownConnection')

/** Connections by name. Secrets go in and never come out. */
export function connectionRoutes(
  connections: Connections,
  stateFolder: string,
  audit: (entry: Audited) => void,
): OpenAPIHono<ServeEnv> {
  const named = { params: z.object({ name: nameSchema.openapi({ param: { name: 'name', in: 'path' } }) }) }
  const list = routeFor('operator', {
    method: 'get',
    path: '/connections',
    tags: ['connections'],
    summary: 'The clusters that migrations may refer to by name.',
    responses: { 200: json(z.object({ connections: z.array(shownSchema) }), 'All of them, without secrets.') },
  })
  const put = routeFor('admin', {
    method: 'put',
    path: '/connections/{name}',
    tags: ['connections'],
    summary: 'Make or replace a connection.',
    request: { ...named, body: { required: true, content: { 'application/json': { schema: connectionSchema } } } },
    responses: { 204: { description: 'It is kept.' }, 409: refusal("It stands in the server's own settings.") },
  })
  const remove = routeFor('admin', {
    method: 'delete',
    path: '/connections/{name}',
    tags: ['connections'],
    summary: 'Forget a connection. Migrations that refer to it cannot be started any more.',
    request: named,
    responses: { 204: { description: 'It is forgotten.' }, 409: refusal("It stands in the server's own settings.") },
  })
  return apiRoutes()
    .openapi(list, c => c.json({ connections: [...connections.all()] }, 200))
    .openapi(put, async c => {
      const { name } = c.req.valid('param')
      const given = c.req.valid('json')
      // What no migration could use is refused now.
      await settingsOf({ source: given, target: given, settings: {} }, connections, stateFolder, c.req.raw.signal)
      connections.set(name, given)
      audit(auditedBy(c.var.who, 'connection-set', { name }))
      return c.body(null, 204)
    })
    .openapi(remove, c => {
      const { name } = c.req.valid('param')
      connections.set(name, undefined)
      audit(auditedBy(c.var.who, 'connection-removed', { name }))
      return c.body(null, 204)
    })
}
