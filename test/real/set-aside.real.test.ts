/** Documents that the target refuses are kept with the reason and can be brought later; large ones pass where the target takes them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { settled, startPair, startTarget, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Report } from '../support/shardferry.ts'
import type { Site } from '../support/site.ts'

let pair: Pair
/** Takes requests of up to 5 MB. */
let narrow: Site

const plain = { number_of_shards: 1, number_of_replicas: 0 }
const megabyte = 1024 * 1024
/** Of a request, on both: `http.max_content_length` is 100 MB. */
const mostBytes = 100 * megabyte

beforeAll(async () => {
  ;[pair, narrow] = await settled([
    startPair('test-real-set-aside', { source: { heap: '2g' }, target: { heap: '2g' } }),
    startTarget('test-real-narrow', { settings: { 'http.max_content_length': '5mb' } }),
  ])
})
afterAll(async () => {
  await stop('test-real-set-aside', pair?.source, pair?.target)
  await stop('test-real-narrow', narrow)
})

const odd = people(40, 1000).map(({ id }, i) => ({ id, source: `{"n":${i},"extra":"\\u00e9 1.50"}` }))

test('documents that the target refuses are set aside, told by reason, and written once the mapping takes them', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const plan = join(ferry.folder, 'plan.yaml')
  await source.json('PUT', '/strict', { settings: plain })
  await load(source, 'strict', people(400))
  await load(source, 'strict', odd)
  expect(await ferry.run(['plan', '--index', 'strict'])).toMatchObject({ code: 0, stderr: '' })
  edit(plan, task => {
    task['mappings'] = {
      dynamic: 'strict',
      properties: { n: { type: 'long' }, name: { type: 'keyword' }, even: { type: 'boolean' }, note: { type: 'text' } },
    }
  })

  const run = await ferry.run(['run', plan])
  expect(run).toMatchObject({ code: 4, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({
    verdict: 'set-aside',
    balanced: true,
    total: { read: 440, written: 400, setAside: 40 },
  })
  const listed = await ferry.run(['rejected', 'list'])
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  expect(listed.stdout).toMatch(/40 × strict {2}400 strict_dynamic_mapping_exception: .*\[extra\].*\n +ids: p1000, /)
  const kept = linesOf((await ferry.run(['rejected', 'list', '--json'])).stdout)
  expect(kept.map(({ id, source: text }) => ({ id, source: text }))).toEqual(odd)

  const dry = await ferry.run(['rejected', 'retry', '--dry-run'])
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('strict: 40 would be written into strict again') as string,
  })
  const early = await ferry.run(['rejected', 'retry'])
  expect(early).toMatchObject({ code: 4, stderr: '' })
  expect(early.stdout).toContain('40 still refused')
  expect(await ferry.status()).toMatchObject({ state: 'done (set-aside)' })

  await target.json('PUT', '/strict/_mapping', { properties: { extra: { type: 'keyword' } } })
  const retried = await ferry.run(['rejected', 'retry'])
  expect(retried).toMatchObject({ code: 0, stderr: '' })
  expect(retried.stdout).toContain('40 written')
  expect((await ferry.run(['rejected', 'list'])).stdout).toContain('No documents were set aside.')
  expect(await ferry.run(['run', plan])).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 440, written: 440, setAside: 0 } })
  expect(await compare(pair, 'strict')).toEqual({ documents: 440, differences: [] })
})

test('a document that was set aside and then corrected on the source keeps its newer form', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const plan = join(ferry.folder, 'plan.yaml')
  await source.json('PUT', '/corrected', { settings: plain })
  await load(source, 'corrected', odd)
  await ferry.run(['plan', '--index', 'corrected'])
  edit(plan, task => {
    task['mappings'] = { dynamic: 'strict', properties: { n: { type: 'long' } } }
  })
  expect(await ferry.run(['run', plan])).toMatchObject({ code: 4, stderr: '' })
  await load(source, 'corrected', [{ id: 'p1007', source: '{"n":7}' }])
  expect(await ferry.run(['run', plan])).toMatchObject({ code: 4, stderr: '' })

  await target.json('PUT', '/corrected/_mapping', { properties: { extra: { type: 'keyword' } } })
  const retried = await ferry.run(['rejected', 'retry'])
  expect(retried).toMatchObject({ code: 0, stderr: '' })
  expect(retried.stdout).toContain('39 written, 1 already newer')
  expect(await ferry.run(['run', plan])).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'corrected')).toEqual({ documents: 40, differences: [] })
})

test('more refused documents than --max-set-aside allows stop the run, and the message shows one', async () => {
  const ferry = ferryOf(pair)
  const plan = join(ferry.folder, 'plan.yaml')
  await pair.source.json('PUT', '/many', { settings: plain })
  await load(pair.source, 'many', odd)
  await ferry.run(['plan', '--index', 'many'])
  edit(plan, task => {
    task['mappings'] = { dynamic: 'strict', properties: { n: { type: 'long' } } }
  })
  const run = await ferry.run(['run', plan, '--max-set-aside', '10'])
  expect(run.code).toBe(8)
  expect(run.stderr).toMatch(/error \[set-aside-limit\]: .*the limit is 10\..*\[extra\].*--max-set-aside/s)
})

test('a document of nearly 100 MB arrives, and the small ones that share its pages come in pages all the same', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/large', { settings: plain, mappings: { properties: { blob: { type: 'object', enabled: false } } } })
  await load(source, 'large', people(3000))
  const whale = large(mostBytes - 200)
  await source.json('PUT', '/large/_doc/whale', whale)
  await load(source, 'large', people(3000, 3000))
  expect(await ferry.run(['copy', '--index', 'large'])).toMatchObject({ code: 0, stderr: '' })
  const report = reportIn(ferry.state)
  expect(report).toMatchObject({ verdict: 'exact', total: { read: 6001, written: 6001 } })
  // Once, for the page that was too large.
  expect(report.partitionsRedone).toBe(1)
  const [here, there] = await Promise.all([source, pair.target].map(site => site.bytes('GET', '/large/_source/whale')))
  expect(here!.length).toBe(whale.length)
  expect(there!.equals(here!)).toBe(true)
})

test('a document above what the target takes in a request is set aside with that reason, and all others arrive', async () => {
  const { source } = pair
  const ferry = ferryOf({ source, target: narrow })
  await source.json('PUT', '/wide', { settings: plain, mappings: { properties: { blob: { type: 'object', enabled: false } } } })
  await load(source, 'wide', people(200))
  await source.json('PUT', '/wide/_doc/whale', large(8 * megabyte))
  for (let i = 0; i < 4; i++) await source.json('PUT', `/wide/_doc/dolphin-${i}`, large(2 * megabyte))
  await source.json('POST', '/wide/_refresh')
  expect(await ferry.run(['copy', '--index', 'wide'])).toMatchObject({ code: 4, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'set-aside', total: { read: 205, written: 204, setAside: 1 } })
  const [kept, ...others] = linesOf((await ferry.run(['rejected', 'list', '--json'])).stdout)
  expect(others).toEqual([])
  expect(kept).toMatchObject({ id: 'whale', status: 413, reason: expect.stringContaining('takes no request of that size (413)') })
  expect(kept?.source.length).toBe(large(8 * megabyte).length)
  const query = { bool: { must_not: { ids: { values: ['whale'] } } } }
  expect(await compare({ source, target: narrow }, 'wide', { query })).toEqual({ documents: 204, differences: [] })
})

function large(bytes: number): string {
  const [head, tail] = ['{"n":1.50,"blob":{"text":"', '"}}']
  return `${head}${'0123456789abcdef'.repeat(Math.floor((bytes - head.length - tail.length) / 16))}${tail}`
}

function edit(file: string, change: (task: Record<string, unknown>) => void): void {
  const plan = parse(readFileSync(file, 'utf8')) as { indices: Record<string, unknown>[] }
  plan.indices.forEach(change)
  writeFileSync(file, stringify(plan))
}

function linesOf(stdout: string): { id: string; source: string; status: number; reason: string }[] {
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as { id: string; source: string; status: number; reason: string })
}

function reportIn(state: string): Report {
  return JSON.parse(readFileSync(join(state, 'm', 'report.json'), 'utf8')) as Report
}
