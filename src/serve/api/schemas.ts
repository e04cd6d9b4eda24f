/** What the API takes and gives, as schemas: the OpenAPI document is made of them. */
import { z } from '@hono/zod-openapi'
import type { Plan } from '../../model/plan.ts'
import type { Report } from '../../model/report.ts'
import type { Verification } from '../../model/verification.ts'
import { states } from '../../operate/state.ts'

const number = z.number()

/** A value of the model, whose fields are described elsewhere. */
function modelOf<T>(name: string, description: string, type: 'object' | ['object', 'null'] = 'object'): z.ZodType<T> {
  return z.custom<T>(() => true).openapi(name, { type, description })
}

export const shownPlanSchema = modelOf<Plan>('PlanShown', 'As in the file that shardferry plan writes.')
export const verificationSchema = modelOf<Verification | null>('Verification', 'As in the report of shardferry verify.', [
  'object',
  'null',
])

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: 'One of docs/reference/errors.md.' }),
    hint: z.string().optional().openapi({ description: 'What to do about it.' }),
  })
  .openapi('Problem')

const countsSchema = z
  .object({ read: number, written: number, alreadyNewer: number, setAside: number, filtered: number, bytes: number })
  .openapi('Counts')

const lagSchema = z.object({ operations: number, seconds: number.nullable() }).openapi('Lag')

const indexProgressSchema = z
  .object({
    index: z.string(),
    target: z.string(),
    state: z.string(),
    expectedDocs: number,
    expectedBytes: number,
    counts: countsSchema,
    docsPerSecond: number,
    etaMs: number.nullable(),
    lag: lagSchema.nullable(),
  })
  .openapi('IndexProgress')

export const progressSchema = z
  .object({
    name: z.string(),
    source: z.string(),
    target: z.string(),
    phase: z.string(),
    round: number,
    atMs: number,
    elapsedMs: number,
    total: indexProgressSchema,
    indices: z.array(indexProgressSchema).readonly(),
    docsPerSecond: number,
    bytesPerSecond: number,
    etaMs: number.nullable(),
    width: number,
    maxWidth: number,
    throttleReason: z.string(),
    paused: z.boolean(),
    pausedBy: z.string().nullable(),
    retries: number,
    partitionsDone: number,
    partitionsKnown: number,
    partitionsRedone: number,
  })
  .openapi('Progress')

export const clusterSchema = z
  .object({ address: z.string(), clusterName: z.string(), flavor: z.enum(['elasticsearch', 'opensearch']), version: z.string() })
  .openapi('PlannedCluster')

export const summarySchema = z
  .object({
    name: z.string(),
    state: z.enum(states),
    /** Grows with everything that somebody who steers must know of; the ETag. */
    version: z.int(),
    startedAt: z.string().nullable(),
    source: clusterSchema.nullable(),
    target: clusterSchema.nullable(),
    indices: z.int(),
    here: z.boolean().openapi({ description: 'This server runs it; else another process does, or none.' }),
    phase: z.string().nullable(),
    read: number,
    expectedDocs: number,
    setAside: number,
    docsPerSecond: number,
    etaMs: number.nullable(),
    lag: lagSchema.nullable(),
    throttleReason: z.string(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  })
  .openapi('MigrationSummary')

const reportSchema = modelOf<Report | null>(
  'Report',
  'The account at the end of a run; docs/reference/events.md has its fields.',
  ['object', 'null'],
)

export const migrationSchema = summarySchema
  .extend({
    progress: progressSchema.nullable(),
    report: reportSchema,
    cutover: z.looseObject({ phase: z.string() }),
    held: z.boolean().openapi({ description: 'Nothing is carried over until applications have moved.' }),
    switches: z.int(),
    throttle: z.looseObject({}),
    verified: z.array(z.object({ index: z.string(), equal: z.boolean(), level: z.string() })),
  })
  .openapi('Migration')

export const eventSchema = z
  .looseObject({ number: z.int(), at: z.string(), type: z.string() })
  .openapi('Event', { description: 'An entry of the journal; what grows with the size of a migration is counted.' })

export const nameParam = z
  .string()
  .min(1)
  .max(120)
  .openapi({ param: { name: 'name', in: 'path' }, example: 'old-to-new', description: 'Of the migration.' })

export const limitParam = (most: number, usual: number): z.ZodType<number> =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .openapi({ type: 'integer', minimum: 1, maximum: most, default: usual, param: { name: 'limit', in: 'query' } })

export const afterParam = z.coerce
  .number()
  .int()
  .min(0)
  .default(0)
  .openapi({ type: 'integer', minimum: 0, default: 0, description: 'Leave out what comes before and is this one.' })
