import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { connectBoth } from '../../operate/clusters.ts'
import { checkPlan, draftPlan } from '../../operate/draft.ts'
import { worstSeverity } from '../../preflight/checks.ts'
import type { ServeEnv } from '../guard/guard.ts'
import type { Connections } from '../runs/connections.ts'
import type { Runs } from '../runs/runs.ts'
import { settingsOf } from '../runs/settings-of.ts'
import type { Migrations } from '../watch/migrations.ts'
import { askedSchema } from './asked.ts'
import { auditedBy } from './audited.ts'
import { etagOf } from './migrations.ts'
import { askedOf } from './parsed-plan.ts'
import { apiRoutes, json, refusal, routeFor } from './routes.ts'
import { shownPlanSchema, summarySchema } from './schemas.ts'
import { summaryOf } from './shown.ts'

export interface CreateParts {
  readonly migrations: Migrations
  readonly connections: Connections
  readonly runs: Runs
}

const findingSchema = z
  .object({
    check: z.string(),
    about: z.string(),
    severity: z.enum(['ok', 'info', 'warning', 'unknown', 'error']),
    message: z.string(),
    remedy: z.string().optional(),
    code: z.string().optional(),
  })
  .openapi('Finding')

/** Taking on migrations, and looking before whether they can be. */
export function createRoutes({ migrations, connections, runs }: CreateParts): OpenAPIHono<ServeEnv> {
  const create = routeFor('operator', {
    method: 'post',
    path: '/migrations',
    tags: ['migrations'],
    summary: 'Take on a migration: check, plan and run it.',
    description:
      'It is answered as soon as it is on disk; how it goes is told by the migration. With an Idempotency-Key the same request again gives the same migration.',
    request: {
      headers: z.object({ 'idempotency-key': z.string().min(1).max(200).optional() }),
      body: { required: true, content: { 'application/json': { schema: askedSchema } } },
    },
    responses: {
      201: json(summarySchema, 'It is taken on.'),
      200: json(summarySchema, 'It was taken on by the same request before.'),
      409: refusal('There is one of that name, or the key came with another request.'),
      422: refusal('The plan cannot be run.'),
    },
  })
  const check = routeFor('operator', {
    method: 'post',
    path: '/checks',
    tags: ['migrations'],
    summary: 'What would be done, and what stands in the way. Changes nothing.',
    request: { body: { required: true, content: { 'application/json': { schema: askedSchema } } } },
    responses: {
      200: json(
        z.object({
          worst: z.enum(['ok', 'info', 'warning', 'unknown', 'error']),
          findings: z.array(findingSchema),
          plan: shownPlanSchema,
        }),
        'Every finding, and the plan.',
      ),
      422: refusal('No plan can be made.'),
      424: refusal('A cluster cannot be reached.'),
    },
  })
  return apiRoutes()
    .openapi(create, async c => {
      const asked = askedOf(c.req.valid('json'))
      const idempotencyKey = c.req.valid('header')['idempotency-key']
      const entries = [auditedBy(c.var.who, 'create')]
      const { name, made } = await runs.create({ asked, entries, idempotencyKey }, c.req.raw.signal)
      const watched = migrations.named(name)
      c.header('location', `/api/v1/migrations/${name}`)
      c.header('etag', etagOf(watched.version))
      return c.json(summaryOf(watched, runs.here(name)), made ? 201 : 200)
    })
    .openapi(check, async c => {
      const asked = askedOf(c.req.valid('json'))
      const { signal } = c.req.raw
      const settings = await settingsOf(asked, connections, migrations.stateFolder, signal)
      await using clusters = await connectBoth(settings, signal)
      const plan = asked.plan ?? (await draftPlan(settings, clusters, signal))
      const findings = await checkPlan(plan, settings, clusters, {}, signal)
      return c.json({ worst: worstSeverity(findings), findings, plan }, 200)
    })
}
