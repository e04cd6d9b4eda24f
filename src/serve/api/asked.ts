/** Schemas of what is asked for. */
import { z } from '@hono/zod-openapi'
import { settingsTable } from '../../settings/table.ts'
import type { SettingRow } from '../../settings/table.ts'

const pem = z
  .string()
  .regex(/-----BEGIN CERTIFICATE/, 'is the text of a PEM certificate')
  .openapi({ description: 'PEM text.' })
const secret = z.string().min(1).openapi({ description: 'Never given back.', format: 'password' })

/** The names of migrations and connections are names of files. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/, 'must be letters, digits, dot, dash and underscore, 120 at most')

export const connectionSchema = z
  .strictObject({
    url: z.union([z.string(), z.array(z.string()).min(1)]),
    username: z.string().optional(),
    password: secret.optional(),
    apiKey: secret.optional(),
    bearer: secret.optional(),
    ca: pem.optional(),
    fingerprint: z.string().optional(),
    cert: pem.optional(),
    key: secret.optional(),
    insecure: z.boolean().optional(),
    timeout: z.string().optional().openapi({ example: '90s' }),
  })
  .openapi('Connection', { description: 'How a cluster is reached; the keys are those of shardferry.yaml.' })

const sideSchema = z.union([nameSchema, connectionSchema]).openapi({ description: 'The name of a connection, or one itself.' })

/** What may be asked of a file of this machine is not for those who are elsewhere. */
const onlyHere = ['pauseFile']

const settingsSchema = z
  .strictObject(
    Object.fromEntries(
      settingsTable
        .filter(({ group, key }) => (group === 'selection' || group === 'copying') && !onlyHere.includes(key))
        .map(row => [row.key, valueOf(row).optional().openapi({ description: row.help })]),
    ),
  )
  .openapi('Settings', { description: 'What is selected and how it is copied, by the keys of shardferry.yaml.' })

/** As it is written in a settings file; what it must be exactly is said when the settings are loaded. */
function valueOf({ type, choices }: SettingRow): z.ZodType {
  switch (type) {
    case 'list':
    case 'addresses':
      return z.array(z.string())
    case 'integer':
      return z.int()
    case 'number':
      return z.number()
    case 'boolean':
      return z.boolean()
    case 'choice':
      return z.enum(choices ?? [])
    case 'map':
      return z.record(z.string(), z.string())
    case 'query':
    case 'queries':
      return z.record(z.string(), z.unknown())
    case 'string':
    case 'bytes':
    case 'duration':
    case 'secret':
    case 'file':
      return z.string()
  }
}

export const planSchema = z
  .looseObject({ shardferryPlan: z.literal(1), name: nameSchema, indices: z.array(z.looseObject({})) })
  .openapi('Plan', { description: 'As in the file that shardferry plan writes.' })

export const askedSchema = z
  .strictObject({
    name: nameSchema.optional().openapi({ description: "Made of the clusters' hosts and ports where none is given." }),
    source: sideSchema,
    target: sideSchema,
    settings: settingsSchema.optional(),
    plan: planSchema.optional().openapi({ description: 'To be run as it stands; without one it is made from the settings.' }),
  })
  .openapi('AskedMigration')

export const paceSchema = z.strictObject({
  width: z.int().min(1).max(256).optional(),
  docsPerSecond: z.int().min(0).optional().openapi({ description: '0: no limit.' }),
  bytesPerSecond: z.int().min(0).optional().openapi({ description: '0: no limit.' }),
  maxLoad: z.number().min(0).optional().openapi({ description: '0: any.' }),
  windows: z
    .array(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/))
    .optional()
    .openapi({ description: 'Times of day; none: always.', example: ['22:00-06:00'] }),
})

const blocking = {
  maxLagMs: z.int().min(0).default(10_000),
  maxBlockMs: z.int().min(1_000).default(60_000),
}

export const cutoverSchema = z.strictObject({
  ...blocking,
  acceptSetAside: z.boolean().default(false),
  acceptUnverified: z.boolean().default(false),
  acceptYellow: z.boolean().default(false),
  takeAliases: z.boolean().default(false),
})

export const rollbackSchema = z.strictObject({ ...blocking, acceptDifferences: z.boolean().default(false) })

export const comparisonSchema = z.strictObject({
  level: z.enum(['counts', 'ids', 'full']).default('full'),
  form: z.enum(['auto', 'bytes', 'values']).default('auto'),
  upTo: z.enum(['copied', 'now']).default('copied'),
  maxDifferences: z.int().min(1).max(10_000_000).default(100_000),
  repair: z.boolean().default(false),
  deleteExtraAnywhere: z.boolean().default(false),
})
