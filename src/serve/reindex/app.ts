/**
 * A target cluster as its clients know it, but for `_reindex` from remote, which is carried out here. Invariant: who may
 * do what is decided by the target. Requests go there with the client's own login and never with ours, and a job is
 * shown, paced or cancelled only for whom the target lets do the same with its own tasks.
 */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { plainError } from '../../cluster/words.ts'
import { asShardferryError } from '../../model/errors.ts'
import { errorBody } from './answers.ts'
import { askTarget } from './ask-target.ts'
import type { Door } from './door.ts'
import { asTold, paramsOf, pathOf, shown } from './http.ts'
import type { Jobs } from './jobs.ts'
import { authOf } from './login.ts'
import { endToEnd, passThrough } from './pass-through.ts'
import { understand } from './request.ts'
import { taskRoutes } from './task-routes.ts'

export interface ReindexApiParts {
  readonly door: Door
  readonly jobs: Jobs
}

/** More than any query that servers take by default. */
const largestBody = 100 * 1024 * 1024

export function reindexApi({ door, jobs }: ReindexApiParts): Hono {
  const app = new Hono({ strict: false })
  const onError = (c: Context): Response =>
    shown(c, 413, errorBody({ status: 413, error: plainError('content_too_long_exception', 'entity content is too long') }))
  app.post('/_reindex', bodyLimit({ maxSize: largestBody, onError }), async c => {
    const text = await c.req.text()
    const params = paramsOf(c)
    const authorization = c.req.header('authorization')
    const readable =
      /json/i.test(c.req.header('content-type') ?? '') && params !== undefined && authOf(authorization) !== undefined
    const understood = readable ? understand(params, text) : undefined
    if (!understood) return passThrough(door, c.req.raw, pathOf(c), text)
    const { asked, reindex, login } = understood
    const verdict = await askTarget(door, endToEnd(c.req.raw.headers), asked.params, text, c.req.raw.signal)
    if (verdict.kind === 'refused') return asTold(verdict.answer)
    const opaqueId = c.req.header('x-opaque-id')
    const job = jobs.begin(asked, opaqueId === undefined ? {} : { 'X-Opaque-Id': opaqueId }, {
      remote: login,
      ...(authorization === undefined ? {} : { target: authorization }),
    })
    if (!reindex.waits) return shown(c, 200, { task: `${jobs.node}:${job.number}` }, verdict.headers)
    const { status, response, error = {} } = await job.done
    return shown(c, status, response ?? errorBody({ status, error }), verdict.headers)
  })
  app.route('/', taskRoutes(door, jobs))
  app.all('*', c => passThrough(door, c.req.raw, pathOf(c)))
  app.onError((thrown, c) => {
    const { code, message } = asShardferryError(thrown)
    const status = code === 'internal' ? 500 : 503
    return shown(c, status, errorBody({ status, error: plainError(`shardferry_${code.replaceAll('-', '_')}`, message) }))
  })
  return app
}
