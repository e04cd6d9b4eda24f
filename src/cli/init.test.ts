import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { loadSettings } from '../settings/load.ts'
import { runInit } from './init.ts'
import type { InitAnswers } from './init.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-init-'))
  path = join(folder, 'shardferry.yaml')
})

const answers: InitAnswers = {
  source: { url: 'https://old:9200, https://old2:9200', auth: 'basic', username: "o'neil", ca: 'ca.pem' },
  target: { url: 'http://new:9200', auth: 'api-key' },
  indices: 'logs-*,-logs-test',
}

test('what init writes is what loadSettings reads', async () => {
  writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n')
  const { environment } = await runInit({ path, force: false, answers, terminal: false })
  expect(environment).toEqual(['SHARDFERRY_SOURCE_PASSWORD', 'SHARDFERRY_TARGET_API_KEY'])
  const env = { SHARDFERRY_SOURCE_PASSWORD: 'p', SHARDFERRY_TARGET_API_KEY: 'k' }
  const { source, target, selection } = await loadSettings({ folder, flags: {}, env })
  expect(source.addresses).toEqual(['https://old:9200', 'https://old2:9200'])
  expect(source.auth).toMatchObject({ kind: 'basic', username: "o'neil" })
  expect(target.auth.kind).toBe('api-key')
  expect(selection.patterns).toEqual(['logs-*', '-logs-test'])
})

test('two addresses are enough without a terminal; one is not', async () => {
  await runInit({ path, force: false, answers: { source: { url: 'http://a' }, target: { url: 'http://b' } }, terminal: false })
  const settings = await loadSettings({ folder, flags: {}, env: {} })
  expect([settings.source.auth.kind, settings.selection.patterns]).toEqual(['none', ['*']])
  const only = runInit({ path, force: true, answers: { source: { url: 'http://a' } }, terminal: false })
  await expect(only).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('address of the target') as string })
})

test('every commented line is a setting that loads when it is taken in', async () => {
  await runInit({ path, force: false, answers: { source: { url: 'http://a' }, target: { url: 'http://b' } }, terminal: false })
  const text = readFileSync(path, 'utf8')
  const taken = text.replaceAll(
    /^( *)# (?=( *)(rename|renames|old-name|filters|my-index|range|'@timestamp'|width|readers|docsPerSecond|username|password):)/gm,
    '$1',
  )
  writeFileSync(path, taken)
  const settings = await loadSettings({
    folder,
    flags: {},
    env: { SHARDFERRY_SOURCE_PASSWORD: 'p', SHARDFERRY_TARGET_PASSWORD: 'p' },
  })
  expect(settings.selection).toMatchObject({
    rename: '{index}-v2',
    renames: { 'old-name': 'new-name' },
    filters: { 'my-index': { range: { '@timestamp': { gte: '2026-01-01' } } } },
  })
  expect(settings.source.auth.kind).toBe('basic')
})

test('a file that is there is kept, unless --force is given', async () => {
  writeFileSync(path, 'width: 1\n')
  await expect(runInit({ path, force: false, answers, terminal: false })).rejects.toMatchObject({ code: 'usage' })
  expect(readFileSync(path, 'utf8')).toBe('width: 1\n')
  await runInit({ path, force: true, answers, terminal: false })
  expect(readFileSync(path, 'utf8')).toContain('width: 4')
})

test('the first line leads an editor from the file to the schema that is really there', async () => {
  await runInit({ path, force: false, answers, terminal: false })
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(path, 'utf8')) ?? []
  expect(schema).toMatch(/^\.\.?\//)
  const { properties } = JSON.parse(readFileSync(join(realpathSync(folder), schema), 'utf8')) as { properties: object }
  expect(Object.keys(properties)).toContain('source')
})

test('an address with a password is refused and not repeated', async () => {
  const source = { url: 'https://elastic:hunter2@old:9200' }
  const error: unknown = await runInit({ path, force: false, answers: { source }, terminal: false }).catch(
    (error: unknown) => error,
  )
  expect(error).toMatchObject({ code: 'usage' })
  expect(String(error)).not.toContain('hunter2')
})

test('a dry run gives the text that would be written, and writes nothing, also where a file is there', async () => {
  const request = { path, answers, terminal: false, force: false }
  const shown = await runInit({ ...request, dryRun: true })
  expect(() => readFileSync(path)).toThrow('ENOENT')
  await runInit(request)
  expect(readFileSync(path, 'utf8')).toBe(shown.text)
  expect((await runInit({ ...request, dryRun: true })).text).toBe(shown.text)
})
