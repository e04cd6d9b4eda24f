import { z } from 'zod'
import { parseAddresses } from './addresses.ts'
import { secretRefPattern } from './secret-ref.ts'
import { settingsTable } from './table.ts'
import type { SettingRow } from './table.ts'
import { bytesPattern, durationPattern, formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

/** What a row's value must be. Its messages read on from the setting's name ("must be …") and never repeat the value. */
export function rowSchema(row: SettingRow): z.ZodType {
  switch (row.type) {
    case 'string': {
      const error = row.patternText ?? 'must be text'
      return row.pattern ? z.string({ error }).regex(row.pattern, { error }) : z.string({ error }).min(1, { error })
    }
    case 'file':
      return z.string({ error: 'must be the path of a file' }).min(1, { error: 'must be the path of a file' })
    case 'list':
      return z.array(listed(row), { error: 'must be a list' }).min(1, { error: 'must not be an empty list' })
    case 'addresses':
      return z
        .array(z.string({ error: 'must be an address' }), { error: 'must be an address or a list of addresses' })
        .min(1, { error: 'must be an address or a list of addresses' })
        .transform((texts, context) => {
          const parsed = parseAddresses(texts)
          if ('addresses' in parsed) return parsed.addresses
          context.addIssue({ code: 'custom', message: parsed.problem, params: { hint: parsed.hint } })
          return z.NEVER
        })
    case 'integer': {
      const error = `must be a whole number from ${row.min} to ${row.max}`
      return z
        .int({ error })
        .min(row.min ?? 0, { error })
        .max(row.max ?? Number.MAX_SAFE_INTEGER, { error })
    }
    case 'number': {
      const error = `must be a number from ${row.min} to ${row.max}`
      return z
        .number({ error })
        .min(row.min ?? 0, { error })
        .max(row.max ?? Number.MAX_SAFE_INTEGER, { error })
    }
    case 'bytes':
      return measured(row, bytesPattern, parseBytes, formatBytes, "a size with its unit, such as '64mb'")
    case 'duration':
      return measured(row, durationPattern, parseDuration, formatDuration, "a time with its unit, such as '30s'")
    case 'boolean':
      return z.boolean({ error: 'must be true or false' })
    case 'choice':
      return z.enum(row.choices ?? [], { error: `must be one of ${(row.choices ?? []).join(', ')}` })
    case 'secret':
      return z.string({ error: secretProblem }).regex(secretRefPattern, { error: secretProblem })
    case 'map': {
      const error = row.patternText ?? 'must be text'
      const text = z.string({ error })
      return z.record(z.string(), row.pattern ? text.regex(row.pattern, { error }) : text, { error: 'must be a map of old: new' })
    }
    case 'query':
      return querySchema
    case 'queries':
      return z.record(z.string(), querySchema, { error: 'must be a map of index names to Query DSL' })
    default:
      return row.type satisfies never
  }
}

function listed({ pattern, patternText = 'must be text' }: SettingRow): z.ZodType {
  if (pattern) return z.string({ error: patternText }).regex(pattern, { error: patternText })
  return z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })
}

const secretProblem = 'must be env:NAME, file:PATH or prompt, not the secret itself'

const unsafeInteger = 'holds a whole number beyond 2^53, which JSON readers round: write it in quotes'

const querySchema = z
  .record(z.string(), z.unknown(), { error: 'must be Query DSL: an object such as {"term": {"lang": "en"}}' })
  .refine(query => Object.keys(query).length === 1, { error: 'must hold exactly one query, such as term, range or bool' })
  .refine(query => !holdsUnsafeInteger(query), { error: unsafeInteger })

function measured(
  row: SettingRow,
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  format: (value: number) => string,
  what: string,
): z.ZodType {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = row
  return z
    .string({ error: `must be ${what}` })
    .regex(pattern, { error: `must be ${what}` })
    .transform((text, context) => {
      const value = parse(text)
      if (value !== undefined && value >= min && value <= max) return value
      context.addIssue({ code: 'custom', message: `must be from ${format(min)} to ${format(max)}` })
      return z.NEVER
    })
}

function holdsUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnsafeInteger)
}

/** The JSON Schema of a settings file, for editors. */
export function settingsJsonSchema(): object {
  const rowsOf = Map.groupBy(settingsTable, ({ key }) => key.split('.')[0] ?? '')
  const properties = [...rowsOf].map(([name, rows]): [string, z.ZodType] => {
    const [only] = rows
    if (only?.key === name) return [name, forEditors(only)]
    const section = Object.fromEntries(rows.map(row => [row.key.slice(name.length + 1), forEditors(row)]))
    return [
      name,
      z
        .strictObject(section)
        .optional()
        .describe(name === 'serve' ? 'The server.' : `The ${name} cluster.`),
    ]
  })
  const schema = z.strictObject(Object.fromEntries(properties))
  return {
    title: 'Settings of Shardferry',
    ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7', override: addDefault }),
  }
}

/** A list may be written as one text, and every value may be left out. */
function forEditors(row: SettingRow): z.ZodType {
  const schema = rowSchema(row)
  const written = row.type === 'list' || row.type === 'addresses' ? z.union([z.string(), schema]) : schema
  return written.optional().describe(row.help)
}

function addDefault(context: { readonly path: (string | number)[]; readonly jsonSchema: object }): void {
  const key = context.path.filter(part => part !== 'properties').join('.')
  const row = settingsTable.find(row => row.key === key)
  if (row?.default !== undefined) Object.assign(context.jsonSchema, { default: row.default })
}
