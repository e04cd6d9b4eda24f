import { ShardferryError } from '../model/errors.ts'
import { Secret } from '../model/secret.ts'
import type { SettingsFile } from './settings-file.ts'
import { settingsTable } from './table.ts'
import type { SettingRow } from './table.ts'

/** From the strongest to the weakest. */
export const layers = ['argument', 'flag', 'environment', 'file', 'default'] as const
export type Layer = (typeof layers)[number]

/** One setting as somebody gave it: not validated yet. */
export interface Given {
  readonly row: SettingRow
  readonly layer: Layer
  /** In its natural type: numbers, booleans and lists are those. A secret out of its environment variable is a Secret. */
  readonly value: unknown
  /** Of an environment variable: what the settings file says of the same, and is not heard. */
  readonly over?: { readonly value: unknown; readonly named: string }
  /** How messages name it: `--width`, `SHARDFERRY_WIDTH`, `shardferry.yaml:7:12: width`. */
  named(path?: readonly PropertyKey[]): string
}

export interface GivenSettings {
  readonly flags: Readonly<Record<string, unknown>>
  readonly byKey?: boolean
  readonly env: NodeJS.ProcessEnv
  readonly sourceUrl?: string | undefined
  readonly targetUrl?: string | undefined
}

/** Each setting from the strongest place that gives it: argument, flag, environment variable, file, default. */
export function gather(given: GivenSettings, file: SettingsFile | undefined): ReadonlyMap<string, Given> {
  const unknown = Object.keys(given.flags).find(key => !settingsTable.some(row => row.key === key))
  if (unknown !== undefined) throw new ShardferryError('settings-invalid', `There is no setting ${unknown}.`)
  const found = new Map<string, Given>()
  for (const row of settingsTable) {
    const one = strongest(row, given, file)
    if (one) found.set(row.key, one)
  }
  return found
}

function strongest(row: SettingRow, given: GivenSettings, file: SettingsFile | undefined): Given | undefined {
  const argument = row.key === 'source.url' ? given.sourceUrl : row.key === 'target.url' ? given.targetUrl : undefined
  if (argument !== undefined) return from(row, 'argument', argument, row.key === 'source.url' ? 'SOURCE' : 'TARGET')
  const flag = given.flags[row.key]
  if (flag !== undefined) return from(row, 'flag', flag, given.byKey ? row.key : (row.flag ?? row.key))
  const variable = row.env === undefined ? undefined : given.env[row.env]
  const inFile = file?.values.has(row.key) ? fromFile(row, file) : undefined
  // An empty variable counts as none: that is how CI systems hand over what is not set.
  if (row.env !== undefined && variable) {
    // The variable of a secret holds the secret itself: that is what a reference env:NAME would lead to.
    const exported = from(row, 'environment', row.type === 'secret' ? new Secret(variable) : variable, row.env)
    return inFile ? { ...exported, over: { value: inFile.value, named: inFile.named() } } : exported
  }
  if (inFile) return inFile
  return row.default === undefined ? undefined : from(row, 'default', row.default, row.key)
}

function fromFile(row: SettingRow, file: SettingsFile): Given {
  const value = natural(row, file.values.get(row.key))
  const named = (path: readonly PropertyKey[] = []): string =>
    `${file.place([...row.key.split('.'), ...path])}: ${row.key}${dotted(path)}`
  return { row, layer: 'file', value, named }
}

function from(row: SettingRow, layer: Layer, value: unknown, name: string): Given {
  return { row, layer, value: natural(row, value), named: (path = []) => `${name}${dotted(path)}` }
}

/** The names of keys say where in a map; positions in a list are told by line and column, or by the message. */
function dotted(path: readonly PropertyKey[]): string {
  return path
    .filter(part => typeof part === 'string')
    .map(part => `.${part}`)
    .join('')
}

/** Text as the row's type; what is no such text stays text, and validation says so. */
function natural(row: SettingRow, value: unknown): unknown {
  switch (row.type) {
    case 'list':
    case 'addresses':
      return Array.isArray(value) ? value.flatMap(commaSeparated) : commaSeparated(value)
    case 'integer':
      return typeof value === 'string' && /^-?\d[\d_]*$/.test(value) ? Number(value.replaceAll('_', '')) : value
    case 'number':
      return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
    case 'boolean':
      if (value === 'true' || value === '1' || value === 'yes') return true
      return value === 'false' || value === '0' || value === 'no' ? false : value
    case 'bytes':
      return typeof value === 'number' || /^\d+$/.test(String(value)) ? `${String(value)}b` : lowerCase(value)
    case 'duration':
    case 'choice':
      return lowerCase(value)
    case 'query':
      return typeof value === 'string' ? parsedJson(value) : value
    case 'queries':
    case 'map':
    case 'string':
    case 'secret':
    case 'file':
      return value
    default:
      return row.type satisfies never
  }
}

function commaSeparated(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.trim().toLowerCase() : value
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
