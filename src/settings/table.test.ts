import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addSettingFlags, configOf, flagsOf } from './flags.ts'
import { settingsReference } from './reference.ts'
import { rowSchema, settingsJsonSchema } from './schema.ts'
import { settingGroups, settingsTable } from './table.ts'
import type { SettingGroup } from './table.ts'
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts'

const allGroups = Object.keys(settingGroups) as SettingGroup[]

describe('the table', () => {
  test('gives every setting one key, one flag and one variable', () => {
    for (const names of [
      settingsTable.map(row => row.key),
      settingsTable.flatMap(row => row.flag ?? []),
      settingsTable.flatMap(row => row.env ?? []),
    ])
      expect(new Set(names).size).toBe(names.length)
    expect(settingsTable.find(row => row.key === 'source.apiKey')).toMatchObject({
      flag: '--source-api-key',
      env: 'SHARDFERRY_SOURCE_API_KEY',
    })
    expect(settingsTable.find(row => row.key === 'renames')?.flag).toBeUndefined()
  })

  test('has defaults that its own validation lets through', () => {
    const refused = settingsTable.filter(row => row.default !== undefined && !rowSchema(row).safeParse(row.default).success)
    expect(refused).toEqual([])
  })

  test('starts without a library', () => {
    for (const name of ['table', 'flags', 'reference', 'units'])
      expect(readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8')).not.toMatch(/^import (?!type).*from '(?!\.)/m)
  })
})

describe('flags', () => {
  const parsed = (...args: string[]): Command => addSettingFlags(new Command('copy'), allGroups).parse(args, { from: 'user' })

  test('only those that were given are there', () => {
    expect(flagsOf(parsed())).toEqual({})
    expect(
      flagsOf(parsed('--source-username', 'u', '--index', 'a,b', '--index', '-c', '--width=8', '--target-insecure')),
    ).toEqual({
      'source.username': 'u',
      indices: ['a,b', '-c'],
      width: '8',
      'target.insecure': true,
    })
  })

  test('a boolean can be turned on and off', () => {
    expect(flagsOf(parsed('--no-tune'))).toEqual({ tune: false })
    expect(flagsOf(parsed('--tune'))).toEqual({ tune: true })
    expect(flagsOf(parsed('--no-source-insecure'))).toEqual({ 'source.insecure': false })
  })

  test('--config is no setting', () => {
    const command = parsed('--config', 'x.yaml')
    expect([flagsOf(command), configOf(command)]).toEqual([{}, 'x.yaml'])
  })

  test("a command's own flag of the same name is no setting", () => {
    const command = addSettingFlags(new Command('throttle').option('--width <n>'), ['migration'])
    expect(flagsOf(command.parse(['--width', '2', '--name', 'x'], { from: 'user' }))).toEqual({ name: 'x' })
  })

  test('help groups them and names the defaults', () => {
    const help = parsed().helpInformation()
    expect(help).toContain('Source cluster:')
    expect(help).toMatch(/--page-bytes <size>.*\n?.*\(default:\s+3mb\)/)
    expect(help).toContain('--no-tune')
    expect(help).not.toMatch(/^ +--tune/m)
  })
})

test('the committed JSON schema is up to date: node src/settings/print-schema.ts > schema/shardferry.schema.json', () => {
  const committed = readFileSync(new URL('../../schema/shardferry.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())))
})

test('the JSON schema describes every setting and its default', () => {
  const schema = settingsJsonSchema() as { properties: Record<string, { description: string; default?: unknown }> }
  expect(schema.properties['partitionBytes']).toMatchObject({
    default: '128mb',
    description: expect.stringContaining('partition') as string,
  })
  expect(Object.keys(schema.properties)).toEqual([...new Set(settingsTable.map(row => row.key.split('.')[0]))])
})

test('the reference page has a line for every setting', () => {
  const page = settingsReference()
  for (const row of settingsTable) expect(page).toContain(`| \`${row.key}\` |`)
  expect(page).toContain('| `width` | `--width <n>` | `SHARDFERRY_WIDTH` | `4` | Bulk requests under way at once, at most. |')
})

test('sizes and times are read and written with their units', () => {
  expect([parseBytes('5mb'), parseBytes('1.5kb'), parseBytes('5'), parseBytes('5 mb')]).toEqual([
    5 * 1024 ** 2,
    1536,
    undefined,
    undefined,
  ])
  expect([parseDuration('30s'), parseDuration('250ms'), parseDuration('1d')]).toEqual([30_000, 250, 86_400_000])
  expect([formatBytes(64 * 1024 ** 2), formatBytes(1500), formatDuration(90_000)]).toEqual(['64mb', '1500b', '90s'])
})
