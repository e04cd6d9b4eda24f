/** What there is to see of one migration besides how it stands: its plan, partitions, set-aside documents, differences. */
import { z } from '@hono/zod-openapi'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { comparisonFolder, rejectedFolder } from '../../assemble.ts'
import { listSetAside } from '../../migration/retry-rejected.ts'
import type { SetAsideLine } from '../../copy/set-aside.ts'
import type { Partition } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import { differencesIn } from '../../verify/extra-places.ts'
import { differencesFile } from '../../verify/keep.ts'
import type { ServeEnv } from '../guard/guard.ts'
import type { Comparisons } from '../runs/comparisons.ts'
import type { Migrations } from '../watch/migrations.ts'
import { partitionMap } from './partition-map.ts'
import { apiRoutes, json, routeFor } from './routes.ts'
import { afterParam, limitParam, nameParam, progressSchema, shownPlanSchema, verificationSchema } from './schemas.ts'

const named = { params: z.object({ name: nameParam }) }
const next = z.int().nullable().openapi({ description: 'What to give as `after` for the next page.' })

export function detailRoutes(migrations: Migrations, comparisons: Comparisons): OpenAPIHono<ServeEnv> {
  const plan = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/plan',
    tags: ['details'],
    summary: 'What it does, as it was planned.',
    request: named,
    responses: { 200: json(shownPlanSchema, 'The plan.') },
  })
  const partitions = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/partitions',
    tags: ['details'],
    summary: 'The state of every partition, index by index, in a compact form.',
    description:
      'Of each round, `states` tells partition after partition, as runs: `s12p3` is twelve that are settled and three that are pending; `a` is settled with documents set aside, `r` settled after it was read again.',
    request: {
      ...named,
      query: z.object({
        after: afterParam.openapi({ description: 'Indices to leave out from the beginning.' }),
        limit: limitParam(1000, 200),
      }),
    },
    responses: {
      200: json(
        z.object({
          indices: z.array(
            z.object({
              index: z.string(),
              rounds: z.array(
                z.object({ round: z.int(), closed: z.boolean(), partitions: z.int(), settled: z.int(), states: z.string() }),
              ),
            }),
          ),
          next,
        }),
        'A page of indices.',
      ),
    },
  })
  const cells = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/partitions/{index}/{round}',
    tags: ['details'],
    summary: 'The partitions of one round of an index, each as an array.',
    request: {
      params: z.object({
        name: nameParam,
        index: z.string().openapi({ param: { name: 'index', in: 'path' } }),
        round: z.coerce
          .number()
          .int()
          .min(0)
          .openapi({ type: 'integer', minimum: 0, param: { name: 'round', in: 'path' } }),
      }),
      query: z.object({
        after: afterParam.openapi({ description: 'Partitions to leave out from the beginning.' }),
        limit: limitParam(10_000, 1000),
      }),
    },
    responses: {
      200: json(
        z.object({
          columns: z.array(z.string()),
          partitions: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
          next,
        }),
        'A page of them.',
      ),
    },
  })
  const setAside = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/set-aside',
    tags: ['details'],
    summary: 'Documents that the target refused: how many by reason, and which.',
    request: {
      ...named,
      query: z.object({
        after: afterParam.openapi({ description: 'Documents to leave out from the beginning.' }),
        limit: limitParam(1000, 100),
      }),
    },
    responses: {
      200: json(
        z.object({
          reasons: z.array(z.object({ index: z.string(), type: z.string(), reason: z.string(), documents: z.int() })),
          documents: z.array(
            z.object({
              index: z.string(),
              target: z.string(),
              id: z.string(),
              routing: z.string().optional(),
              version: z.string(),
              status: z.int(),
              type: z.string(),
              reason: z.string(),
              source: z.string().optional(),
              sourceBase64: z.string().optional(),
            }),
          ),
          next,
        }),
        'A page of documents; the reasons are those of all of them.',
      ),
    },
  })
  const verification = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/verification',
    tags: ['details'],
    summary: 'How the comparison under way stands, and what the last one has found.',
    request: named,
    responses: {
      200: json(
        z.object({
          running: z.boolean(),
          progress: progressSchema.nullable(),
          error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
          report: verificationSchema,
        }),
        'Null where there is none.',
      ),
    },
  })
  const differences = routeFor('viewer', {
    method: 'get',
    path: '/migrations/{name}/differences',
    tags: ['details'],
    summary: 'Documents that are not the same on both sides, as the last comparison named them.',
    request: {
      ...named,
      query: z.object({
        after: afterParam.openapi({ description: 'Differences to leave out from the beginning.' }),
        limit: limitParam(1000, 100),
      }),
    },
    responses: {
      200: json(z.object({ differences: z.array(z.looseObject({ index: z.string(), kind: z.string() })), next }), 'A page.'),
    },
  })
  return apiRoutes()
    .openapi(plan, c => {
      const { state, name } = migrations.named(c.req.valid('param').name)
      if (!state.plan) throw notYet(name, 'planned')
      return c.json(state.plan, 200)
    })
    .openapi(partitions, c => {
      const { state } = migrations.named(c.req.valid('param').name)
      const { after, limit } = c.req.valid('query')
      const all = [...state.indices]
      const page = all.slice(after, after + limit).map(([index, { rounds }]) => ({ index, rounds: rounds.map(partitionMap) }))
      return c.json({ indices: page, next: all.length > after + limit ? after + limit : null }, 200)
    })
    .openapi(cells, c => {
      const { name, index, round } = c.req.valid('param')
      const { after, limit } = c.req.valid('query')
      const { state } = migrations.named(name)
      const found = state.indices.get(index)?.rounds.find(one => one.round === round)
      if (!found) throw notYet(name, `has no round ${round} of ${JSON.stringify(index)}`)
      const page = found.partitions.slice(after, after + limit).map(partition => {
        const settled = found.settled.get(partition.id)
        const { counts, attempts = null, tookMs = null } = settled ?? {}
        return [
          partition.id,
          rangeText(partition.range),
          partition.estimatedDocs,
          counts?.read ?? null,
          counts?.written ?? null,
          counts?.alreadyNewer ?? null,
          counts?.setAside ?? null,
          counts?.bytes ?? null,
          attempts,
          tookMs,
        ]
      })
      const more = found.partitions.length > after + limit ? after + limit : null
      return c.json({ columns: [...cellColumns], partitions: page, next: more }, 200)
    })
    .openapi(setAside, c => {
      const { state, folder } = migrations.named(c.req.valid('param').name)
      const { after, limit } = c.req.valid('query')
      const tasks = state.plan ? movedTasks(state.plan) : []
      const reasons = new Map<string, { index: string; type: string; reason: string; documents: number }>()
      const documents: SetAsideLine[] = []
      let seen = 0
      for (const { lines } of listSetAside(tasks, state.indices, rejectedFolder(folder)))
        for (const line of lines) {
          if (seen++ >= after && documents.length < limit) documents.push(line)
          const { index, type, reason } = line
          const known = reasons.get(`${index}\n${type}\n${reason}`) ?? { index, type, reason, documents: 0 }
          known.documents++
          if (reasons.size < mostReasons) reasons.set(`${index}\n${type}\n${reason}`, known)
        }
      const sorted = [...reasons.values()].toSorted((a, b) => b.documents - a.documents)
      return c.json({ reasons: sorted, documents, next: seen > after + limit ? after + limit : null }, 200)
    })
    .openapi(verification, c => {
      const { running, progress, error, report } = comparisons.of(migrations.named(c.req.valid('param').name))
      return c.json(
        {
          running,
          progress: progress ?? null,
          error: error ? { code: error.code, message: error.message, hint: error.hint ?? null } : null,
          report: report ?? null,
        },
        200,
      )
    })
    .openapi(differences, async c => {
      const { folder, name } = migrations.named(c.req.valid('param').name)
      const { after, limit } = c.req.valid('query')
      const file = join(comparisonFolder(folder), differencesFile)
      if (!existsSync(file)) throw notYet(name, 'verified')
      const page: { index: string; kind: string }[] = []
      let seen = 0
      for await (const one of differencesIn(file)) {
        if (seen++ < after) continue
        if (page.length === limit) return c.json({ differences: page, next: after + limit }, 200)
        page.push({ ...one })
      }
      return c.json({ differences: page, next: null }, 200)
    })
}

/** Reasons often quote the document: more than these tell no more. */
const mostReasons = 500

const cellColumns = [
  'id',
  'range',
  'estimatedDocs',
  'read',
  'written',
  'alreadyNewer',
  'setAside',
  'bytes',
  'attempts',
  'tookMs',
] as const

function notYet(name: string, what: string): ShardferryError {
  return new ShardferryError('state-missing', `Migration ${name} ${what.includes(' ') ? what : `is not ${what} yet`}.`)
}

function rangeText(range: Partition['range']): string {
  switch (range.by) {
    case 'seq-no':
      return `shard ${range.shard}, ${range.from}-${range.to}`
    case 'seq-no-band':
      return `every shard, ${range.from}-${range.to}`
    case 'field':
      return `${range.field}: ${range.missing ? 'missing' : `${range.gte ?? ''}-${range.lt ?? ''}`}`
    case 'slice':
      return `slice ${range.slice} of ${range.of}`
  }
}
