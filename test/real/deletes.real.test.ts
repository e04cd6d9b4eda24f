/** Documents that applications delete, and make anew, while they are copied: the target ends with what was acknowledged. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byPlace } from '../support/compare.ts'
import { bulk, load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry, Report } from '../support/shardferry.ts'
import { startWriters } from '../support/writers.ts'

const seed = 20_261_124
let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

/** Deletions are forgotten at once, so that what is made anew begins at version 1. */
const settings = { number_of_shards: 2, number_of_replicas: 0, gc_deletes: '0ms' }
const everything = { match_all: {} }

async function held(site: Pair['source'], index: string): Promise<Map<string, string>> {
  return new Map([...(await byPlace(site, index, everything))].map(([place, { source }]) => [place, source]))
}

test.each([
  ['listed', 'manifest', []],
  ['versions', 'manifest', ['--version-from', 'version']],
  ['swept', 'sweep', ['--deletes', 'sweep']],
  ['sliced', 'sweep', ['--read-by', 'slices', '--slices', '3']],
] as const)(
  '%s (%s %j): after indexing, updates, deletes and re-creation by several writers during the copy, the target holds what was acknowledged',
  async (index, by, options) => {
    const { source, target } = pair
    const ferry = ferryOf(pair)
    await source.json('PUT', `/${index}`, { settings })
    await load(source, index, people(900))
    const writers = startWriters(source, index, { seed })
    await writers.atLeast(60)
    const command = ['copy', '--index', index, ...options, '--docs-per-second', '1500', '--catch-up-rounds', '3']
    // A sweep works until a run has ended well: this one does not come to its end.
    const live = await ferry.run(command, by === 'sweep' ? { SHARDFERRY_CRASH_AT: 'account-taken' } : {})
    expect(by === 'sweep' ? ['SIGKILL'] : [0, 5]).toContain(live.signal ?? live.code)
    await writers.atLeast(20)
    await writers.stop()
    expect(Math.min(...Object.values(writers.done))).toBeGreaterThan(5)

    expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
    const report = reportIn(ferry)
    expect(report).toMatchObject({ verdict: 'exact', indices: [{ deleted: { state: 'carried', by, kept: 0 } }] })
    expect(report.indices[0]?.deleted.carried).toBeGreaterThan(0)
    const there = await held(target, index)
    for (const { id } of people(900)) expect(there.delete(JSON.stringify(id))).toBe(true)
    expect(there).toEqual(writers.truth)
    expect(await target.json('GET', `/${index}/_settings/index.gc_deletes?flat_settings=true`)).toMatchObject({
      [index]: { settings: { 'index.gc_deletes': '0ms' } },
    })
  },
)

test('once a sweeping copy has ended well, what applications write to the target stays, and what the source deletes is told', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/handed', { settings })
  await load(source, 'handed', people(50))
  const command = ['copy', '--index', 'handed', '--deletes', 'sweep']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  await bulk(target, 'handed', '{"index":{"_id":"mine"}}\n{"own":1}\n')
  await source.json('DELETE', '/handed/_doc/p3')
  const again = await ferry.run(command)
  expect(again).toMatchObject({ code: 5, stdout: expect.stringContaining('verify --repair') as string })
  expect(reportIn(ferry)).toMatchObject({ indices: [{ deleted: { state: 'pending', by: 'sweep', carried: 0 } }] })
  const there = await held(target, 'handed')
  expect([there.has('"mine"'), there.has('"p3"')]).toEqual([true, true])
})

test('into an index that was there, what was copied and deleted is deleted, and its own documents stay', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/guests', { settings })
  await load(source, 'guests', people(50))
  await target.json('PUT', '/hosts', { settings: { number_of_shards: 1, number_of_replicas: 0 } })
  await bulk(
    target,
    'hosts',
    '{"index":{"_id":"p7","version":1000000,"version_type":"external"}}\n{"own":1}\n{"index":{"_id":"mine"}}\n{"own":2}\n',
  )
  const command = ['copy', '--index', 'guests', '--rename', 'hosts', '--into-existing']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  for (const id of ['p3', 'p4', 'p7']) await source.json('DELETE', `/guests/_doc/${id}`)
  expect(await ferry.run(command)).toMatchObject({ code: 5, stdout: expect.stringContaining('stay on the target') as string })
  expect(reportIn(ferry)).toMatchObject({ indices: [{ deleted: { state: 'carried', by: 'manifest', carried: 2, kept: 1 } }] })
  const there = await held(target, 'hosts')
  expect(there.size).toBe(49)
  expect([there.get('"p7"'), there.get('"mine"'), there.get('"p3"')]).toEqual(['{"own":1}', '{"own":2}', undefined])
})

test('deletes that are switched off are told, by the run and by status, and a second look at them is offered', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/left', { settings })
  await load(source, 'left', people(50))
  expect(await ferry.run(['copy', '--index', 'left', '--deletes', 'off'])).toMatchObject({ code: 0, stderr: '' })
  await source.json('DELETE', '/left/_doc/p3')
  const again = await ferry.run(['copy', '--index', 'left', '--deletes', 'off'])
  expect(again).toMatchObject({ code: 5, stdout: expect.stringContaining('deletes were not looked for') as string })
  expect(again.stdout).toContain('--repair')
  expect((await ferry.run(['status'])).stdout).toContain('not looked for')
})

function reportIn(ferry: Ferry): Report {
  return JSON.parse(readFileSync(join(ferry.state, 'm', 'report.json'), 'utf8')) as Report
}
