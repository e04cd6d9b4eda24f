import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { ShardferryError } from '../../model/errors.ts'
import { apiRoutes, json, routeFor } from '../api/routes.ts'
import type { ServeEnv } from '../guard/guard.ts'
import { problem } from '../problem.ts'
import type { RemoteRules } from './remote-rules.ts'

const rulesSchema = z
  .object({ remotes: z.array(z.string().max(300)).max(1000) })
  .openapi('ReindexRemotes', { description: 'From where the Reindex API may read: host:port, or host:port as NAME.' })

/** What the Reindex API may read from, to look at and to change while it runs. */
export function remoteRoutes(rules: RemoteRules): OpenAPIHono<ServeEnv> {
  const path = '/reindex/remotes'
  const common = { path, tags: ['reindex'] }
  const responses = { 200: json(rulesSchema, 'The rules.') }
  const get = routeFor('viewer', { ...common, method: 'get', summary: 'From where the Reindex API may read.', responses })
  const put = routeFor('admin', {
    ...common,
    method: 'put',
    summary: 'Change that, from the next request on.',
    request: { body: { ...json(rulesSchema, 'All rules; none: from nowhere.'), required: true } },
    responses,
  })
  const shown = (): { remotes: string[] } => ({ remotes: [...rules.texts] })
  return apiRoutes()
    .openapi(get, c => c.json(shown(), 200))
    .openapi(put, c => {
      try {
        rules.set(c.req.valid('json').remotes)
        return c.json(shown(), 200)
      } catch (thrown) {
        if (!(thrown instanceof ShardferryError) || thrown.code !== 'settings-invalid') throw thrown
        return problem(c, 400, thrown.code, thrown.message, thrown.hint) as never
      }
    })
}
