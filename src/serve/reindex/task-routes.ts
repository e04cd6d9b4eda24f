import { Hono } from 'hono'
import type { Context } from 'hono'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainError } from '../../cluster/words.ts'
import type { JsonObject } from '../../model/plan.ts'
import { errorBody } from './answers.ts'
import { asTold, paramsOf, pathOf, shown } from './http.ts'
import { ask } from './ask-target.ts'
import type { TargetAnswer } from './ask-target.ts'
import type { Door } from './door.ts'
import type { ReindexJob } from './job.ts'
import type { Jobs } from './jobs.ts'
import { endToEnd, passThrough } from './pass-through.ts'
import { milliseconds, rate } from './request.ts'
import { action, reindexInfo, runningTask, storedTask } from './tasks.ts'

/** What no task is called: a request about such tasks does nothing, and is refused to whom it would be refused. */
const none = 'shardferry-none'

export function taskRoutes(door: Door, jobs: Jobs): Hono {
  const app = new Hono({ strict: false })
  const numberOf = (id: string): number | undefined =>
    id.startsWith(`${jobs.node}:`) ? Number(id.slice(jobs.node.length + 1)) : undefined
  const idOf = (number: number): string => `${jobs.node}:${number}`
  const asked = (c: Context, method: string, path: string): Promise<TargetAnswer> =>
    ask(door, method, path, endToEnd(c.req.raw.headers), null, c.req.raw.signal)
  const nodeOf = (tasks: Readonly<Record<string, JsonObject>>): JsonObject => ({
    [jobs.node]: { name: 'shardferry', transport_address: '127.0.0.1:0', host: '127.0.0.1', ip: '127.0.0.1:0', roles: [], tasks },
  })
  const tasksOf = (list: readonly ReindexJob[], detailed: boolean): Record<string, JsonObject> =>
    Object.fromEntries(list.map(job => [idOf(job.number), runningTask(jobs.node, job, detailed)]))
  const missing = (id: string, how: string): JsonObject => ({
    node_failures: [
      {
        type: 'failed_node_exception',
        reason: `Failed node [${jobs.node}]`,
        node_id: jobs.node,
        caused_by: { type: 'resource_not_found_exception', reason: `task [${id}] is ${how}` },
      },
    ],
    nodes: {},
  })
  const stored = (number: number): JsonObject | undefined => {
    const running = jobs.running(number)
    if (running) return { completed: false, task: runningTask(jobs.node, running, true) }
    const answered = jobs.answered(number)
    return answered && storedTask(jobs.node, answered)
  }
  const notFound = (c: Context, reason: string, headers: TargetAnswer['headers']): Response =>
    shown(c, 404, errorBody({ status: 404, error: plainError('resource_not_found_exception', reason) }), headers)

  /** A route of one task: the target's tasks are the target's, ours are for whom it lets see or change its own. */
  const ofTask = (
    permission: (c: Context) => readonly [method: string, path: string],
    act: (c: Context, number: number, headers: TargetAnswer['headers']) => Response | Promise<Response>,
  ) => {
    return async (c: Context): Promise<Response> => {
      const number = numberOf(c.req.param('id') ?? '')
      if (number === undefined) return passThrough(door, c.req.raw, pathOf(c))
      const allowed = await asked(c, ...permission(c))
      return allowed.status < 300 ? act(c, number, allowed.headers) : asTold(allowed)
    }
  }
  const maySee = () => ['GET', `/_tasks?actions=${none}`] as const
  const mayCancel = () => ['POST', `/_tasks/_cancel?actions=${none}`] as const
  const mayRethrottle = (c: Context) => ['POST', `/_reindex/${none}:1/_rethrottle${new URL(c.req.url).search}`] as const

  const waited = async (c: Context, number: number): Promise<boolean> => {
    const { wait_for_completion: waits = 'false', timeout = '30s' } = paramsOf(c) ?? {}
    const running = jobs.running(number)
    if (!running || waits === 'false') return true
    const ended = running.done.then(
      () => true,
      () => true,
    )
    return await Promise.race([ended, sleep(milliseconds(timeout) ?? 30_000, false, { ref: false })])
  }

  app.get(
    '/_tasks/:id',
    ofTask(maySee, async (c, number, headers) => {
      const inTime = await waited(c, number)
      const found = stored(number)
      if (!found) return notFound(c, `task [${idOf(number)}] isn't running and hasn't stored its results`, headers)
      if (inTime) return shown(c, 200, found, headers)
      return shown(
        c,
        500,
        errorBody({
          status: 500,
          error: plainError('timeout_exception', `Timed out waiting for completion of [${idOf(number)}]`),
        }),
        headers,
      )
    }),
  )
  app.post(
    '/_tasks/:id/_cancel',
    ofTask(mayCancel, (c, number, headers) => {
      const job = jobs.running(number)
      if (!job) return shown(c, 200, missing(idOf(number), 'not found'), headers)
      job.cancel()
      return shown(c, 200, { nodes: nodeOf(tasksOf([job], false)) }, headers)
    }),
  )
  app.post(
    '/_reindex/:id/_rethrottle',
    ofTask(mayRethrottle, (c, number, headers) => {
      const job = jobs.running(number)
      if (!job) return shown(c, 200, missing(idOf(number), 'missing'), headers)
      job.rethrottle(rate(c.req.query('requests_per_second')) ?? 0)
      return shown(c, 200, { nodes: nodeOf(tasksOf([job], true)) }, headers)
    }),
  )
  app.get(
    '/_reindex/:id',
    ofTask(maySee, async (c, number, headers) => {
      await waited(c, number)
      const found = stored(number)
      if (!found) return notFound(c, `Reindex operation [${idOf(number)}] not found`, headers)
      return shown(c, 200, reindexInfo(idOf(number), found), headers)
    }),
  )
  app.post(
    '/_reindex/:id/_cancel',
    ofTask(mayCancel, async (c, number, headers) => {
      const job = jobs.running(number)
      if (!job) return notFound(c, `reindex task [${idOf(number)}] either not found or completed`, headers)
      job.cancel()
      if (c.req.query('wait_for_completion') === 'false') return shown(c, 200, { acknowledged: true }, headers)
      await job.done.catch(() => undefined)
      return shown(c, 200, reindexInfo(idOf(number), stored(number) ?? {}), headers)
    }),
  )

  /** Ours among the target's. */
  app.get('/_tasks', async c => {
    const answer = await asked(c, 'GET', pathOf(c))
    const { group_by: groupBy = 'nodes', detailed } = c.req.query()
    if (answer.status >= 300 || !areMeant(c, jobs.node)) return asTold(answer)
    const body = JSON.parse(answer.body) as JsonObject
    const ours = tasksOf(jobs.allRunning, detailed !== undefined && detailed !== 'false')
    if (Object.keys(ours).length === 0) return asTold(answer)
    if (groupBy === 'none')
      return shown(c, 200, { ...body, tasks: [...(body['tasks'] as JsonObject[]), ...Object.values(ours)] }, answer.headers)
    if (groupBy === 'parents')
      return shown(c, 200, { ...body, tasks: { ...(body['tasks'] as JsonObject), ...ours } }, answer.headers)
    return shown(c, 200, { ...body, nodes: { ...(body['nodes'] as JsonObject), ...nodeOf(ours) } }, answer.headers)
  })
  app.post('/_tasks/_cancel', async c => {
    const answer = await asked(c, 'POST', pathOf(c))
    if (answer.status >= 300 || !areMeant(c, jobs.node)) return asTold(answer)
    const cancelled = jobs.allRunning
    for (const job of cancelled) job.cancel()
    if (cancelled.length === 0) return asTold(answer)
    const body = JSON.parse(answer.body) as JsonObject
    return shown(
      c,
      200,
      { ...body, nodes: { ...(body['nodes'] as JsonObject), ...nodeOf(tasksOf(cancelled, false)) } },
      answer.headers,
    )
  })
  app.get('/_reindex', async c => {
    const answer = await asked(c, 'GET', pathOf(c))
    const theirs = answer.status < 300 ? ((JSON.parse(answer.body) as { reindex?: JsonObject[] }).reindex ?? []) : []
    // Servers before Elasticsearch 9.5 do not know it: then who may see tasks may see ours.
    const allowed = answer.status < 300 ? answer : await asked(c, ...maySee())
    if (allowed.status >= 300) return asTold(allowed)
    const { detailed } = c.req.query()
    const ours = jobs.allRunning.map(job => {
      const { completed: _, ...info } = reindexInfo(idOf(job.number), {
        completed: false,
        task: runningTask(jobs.node, job, detailed !== undefined && detailed !== 'false'),
      })
      return info
    })
    return shown(c, 200, { reindex: [...theirs, ...ours] }, allowed.headers)
  })
  return app
}

/** Whether a request about many tasks is about ours too. */
function areMeant(c: Context, node: string): boolean {
  const { actions, nodes = node, node_id: nodeIdParam = node, parent_task_id: parent } = c.req.query()
  const wildcards = (actions ?? '*').split(',').map(
    one =>
      new RegExp(
        `^${one
          .split('*')
          .map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
          .join('.*')}$`,
      ),
  )
  return (
    parent === undefined &&
    [nodes, nodeIdParam].every(list => list.split(',').includes(node)) &&
    wildcards.some(one => one.test(action))
  )
}
