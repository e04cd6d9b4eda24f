import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectTo, send } from '../../../test/contract/connect-to.ts'
import { startFake } from '../../../test/fake/fake.ts'
import type { FakeCluster } from '../../../test/fake/fake.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { count } from '../../cluster/shards.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import { indexTask } from '../../journal/sample-entries.test-part.ts'
import type { IndexTask } from '../../model/plan.ts'
import { refreshedCopies } from './copies.ts'
import type { Copies } from './copies.ts'

let fake: FakeCluster
let source: Cluster
let copies: Copies
const task = indexTask('cities', { shards: 2 })
beforeEach(async () => {
  fake = await startFake({ flavor: 'opensearch' })
  source = await connectTo(fake.url)
  copies = refreshedCopies(source)
  await send(fake.url, 'PUT', '/cities', { settings: { number_of_shards: 2 } })
})
afterEach(async () => {
  await source.close()
  await fake.close()
})

/** Counts a shard, as the search that the copies are reached for. */
function search(of: IndexTask = task): Promise<number> {
  return copies.reach(of, 1, preference => count(source, 'cities', { match_all: {} }, { shards: 1, preference }, never), never)
}

function preferences(): (string | null)[] {
  return fake.requests.filter(({ path }) => path === '/cities/_count').map(({ query }) => query.get('preference'))
}

function refreshes(): number {
  return fake.requests.filter(({ path }) => path === '/cities/_refresh').length
}

const moved = {
  status: 400,
  body: { error: { type: 'illegal_argument_exception', reason: 'no data nodes with criteria [x] found for shard: [cities][1]' } },
}

test('a search names the nodes whose copies were refreshed, and no refresh is made for it twice', async () => {
  await copies.look(task, never)
  await search()
  await search()
  expect(preferences()).toEqual(Array.from({ length: 2 }, () => `_shards:1|_only_nodes:${fake.store.nodeId}`))
  expect(refreshes()).toBe(1)
})

test('a process that goes on with an open round refreshes before it searches, once for all who search', async () => {
  await Promise.all([search(), search(), search()])
  expect(refreshes()).toBe(1)
  expect(new Set(preferences())).toEqual(new Set([`_shards:1|_only_nodes:${fake.store.nodeId}`]))
})

test('copies that moved are refreshed and asked where they are now', async () => {
  await copies.look(task, never)
  fake.faults.push({ path: /_count/, effect: moved })
  expect(await search()).toBe(0)
  expect(refreshes()).toBe(2)
})

test('copies that keep moving are an error that a rest may heal', async () => {
  fake.faults.push({ path: /_count/, times: 2, effect: moved })
  await expect(search()).rejects.toMatchObject({ code: 'unavailable', recovery: 'retry' })
  expect(await search()).toBe(0)
})

test('a look that failed is not remembered', async () => {
  fake.faults.push({ path: /_refresh/, effect: { status: 503 } })
  await expect(search()).rejects.toMatchObject({ recovery: 'retry' })
  expect(await search()).toBe(0)
})

test('any other refusal is passed on as it is', async () => {
  fake.faults.push({ path: /_count/, effect: { status: 400, body: { error: { type: 'parsing_exception', reason: 'no' } } } })
  await expect(search()).rejects.toMatchObject({ code: 'request-refused' })
})

test('where the cluster chooses its nodes itself, they are not named', async () => {
  const error = { type: 'preference_based_search_not_allowed_exception', reason: 'strict weighted routing' }
  fake.faults.push({ path: /_only_nodes/, times: Infinity, effect: { status: 403, body: { error } } })
  expect(await search()).toBe(0)
  expect(preferences().at(-1)).toBe('_shards:1')
})

test('a segment-replicated index is searched on its primary only', async () => {
  await search({ ...task, read: { by: 'seq-no', primaryOnly: true } })
  expect(preferences()).toEqual(['_shards:1|_primary'])
})

test.each([
  ['a copy that missed the refresh without a failure', { _shards: { total: 2, successful: 1, failed: 0 } }],
  ['a copy that failed to refresh', { _shards: { total: 2, successful: 1, failed: 1 } }],
])('%s is waited for', async (_what, body) => {
  fake.faults.push({ path: /_refresh/, effect: { status: 200, body } })
  await expect(copies.look(task, never)).rejects.toMatchObject({ code: 'response-partial', recovery: 'retry' })
  expect(await copies.look(task, never)).toHaveLength(2)
})

test('a copy that does not tell where it stands is waited for', async () => {
  fake.faults.push({ path: /_stats/, effect: { failedShards: true } })
  await expect(copies.look(task, never)).rejects.toMatchObject({ code: 'unavailable', recovery: 'retry' })
})

function terms(term: number): { status: number; body: object } {
  return { status: 200, body: { metadata: { indices: { cities: { primary_terms: { '0': 1, '1': term } } } } } }
}

test('the marks are of one primary’s time: where it changes while they are taken, they are taken again', async () => {
  fake.faults.push({ path: /_cluster\/state/, effect: terms(7) as { status: number } })
  const marks = await copies.look(task, never)
  expect(marks.map(mark => mark.primary)).toEqual(['term 1', 'term 1'])
  expect(fake.requests.filter(({ path }) => path.startsWith('/_cluster/state')).length).toBe(4)
})

test('a primary that keeps changing is waited for', async () => {
  for (let i = 1; i <= 6; i++) fake.faults.push({ path: /_cluster\/state/, effect: terms(i) as { status: number }, after: i - 1 })
  await expect(copies.look(task, never)).rejects.toMatchObject({ code: 'unavailable', recovery: 'retry' })
})
