import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, hitsOf, itemsOf, lines } from './ask.ts'
import { startFake } from './fake.ts'
import type { FakeCluster } from './fake.ts'
import { refusals } from './faults.ts'

let fake: FakeCluster
beforeEach(async () => {
  fake = await startFake()
  await ask(
    fake,
    'POST',
    '/a/_bulk?refresh=true',
    lines(...['1', '2', '3', '4'].map((id): [object, string] => [{ _id: id }, '{}'])),
  )
})
afterEach(() => fake.close())

const count = async (): Promise<number> => ((await ask(fake, 'GET', '/a/_count')).body as { count: number }).count

test('a fault hits as many matching requests as it says, after those it lets pass', async () => {
  fake.faults.push({ method: 'GET', path: /_count/, after: 1, times: 2, effect: refusals.queueFull })
  const statuses: number[] = []
  for (let request = 0; request < 4; request++) statuses.push((await ask(fake, 'GET', '/a/_count')).status)
  expect(statuses).toEqual([200, 429, 429, 200])
  expect((await ask(fake, 'POST', '/a/_count')).status).toBe(200)
  expect(fake.faults.hits).toBe(2)
})

test('a refused request is not executed, and its headers go out', async () => {
  fake.faults.push({ path: /_bulk/, effect: { status: 503, body: { error: 'x' }, headers: { 'retry-after': '1' } } })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${fake.url}/a/_bulk`, { method: 'POST', body: lines([{ _id: '5' }, '{}']), headers })
  expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '1', '{"error":"x"}'])
  expect(await count()).toBe(4)
})

test('a reset before execution applies nothing, one after it applies everything', async () => {
  fake.faults.push({ path: /_bulk/, effect: { reset: 'before' } })
  await expect(ask(fake, 'POST', '/a/_bulk', lines([{ _id: '5' }, '{}']))).rejects.toThrow('fetch failed')
  expect(await count()).toBe(4)
  fake.faults.push({ path: /_bulk/, effect: { reset: 'after' } })
  await expect(ask(fake, 'POST', '/a/_bulk', lines([{ _id: '5' }, '{}']))).rejects.toThrow('fetch failed')
  expect(await count()).toBe(5)
})

test('a cut answer ends early although its length promised more', async () => {
  fake.faults.push({ path: /_search/, effect: { cut: 40 } })
  const response = await fetch(`${fake.url}/a/_search`, { headers: { 'accept-encoding': 'identity' } })
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow('terminated')
})

test('a hanging request is neither executed nor answered', async () => {
  fake.faults.push({ path: /_doc/, effect: { hang: true } })
  const signal = AbortSignal.timeout(100)
  await expect(fetch(`${fake.url}/a/_doc/1`, { method: 'DELETE', signal })).rejects.toThrow(/timeout/)
  expect(await count()).toBe(4)
  expect(fake.requests.find(request => request.method === 'DELETE')?.status).toBeUndefined()
})

test('a delay holds the answer back, and combines with other faults', async () => {
  fake.faults.push({ path: /_count/, effect: { delayMs: 60 } }, { path: /_count/, effect: refusals.unavailable })
  const startMs = performance.now()
  expect((await ask(fake, 'GET', '/a/_count')).status).toBe(503)
  expect(performance.now() - startMs).toBeGreaterThan(50)
})

test('refused bulk items are not applied', async () => {
  fake.faults.push({ path: /_bulk/, effect: { itemStatus: { every: 2, status: 429, type: 'es_rejected_execution_exception' } } })
  const items = ['5', '6', '7'].map((id): [object, string] => [{ _id: id }, '{}'])
  const answer = await ask(fake, 'POST', '/a/_bulk', lines(...items))
  expect(answer.body).toMatchObject({ errors: true })
  expect(itemsOf(answer).map(item => item.status)).toEqual([201, 429, 201])
  expect(await count()).toBe(6)
})

test('lost scrolls answer 404', async () => {
  const first = await ask(fake, 'POST', '/a/_search?scroll=1m', { size: 1 })
  fake.faults.push({ path: /scroll/, effect: { loseScrolls: true } })
  const id = (first.body as { _scroll_id: string })._scroll_id
  expect((await ask(fake, 'POST', '/_search/scroll', { scroll: '1m', scroll_id: id })).status).toBe(404)
})

test('a failed shard answers 200, says so, and its documents are missing', async () => {
  fake.faults.push({ path: /_(search|count|refresh)/, times: 3, effect: { failedShards: true } })
  const found = await ask(fake, 'POST', '/a/_search')
  expect(found.status).toBe(200)
  expect(found.body).toMatchObject({ _shards: { total: 1, successful: 0, failed: 1 }, hits: { hits: [] } })
  expect((await ask(fake, 'GET', '/a/_count')).body).toMatchObject({ count: 0, _shards: { failed: 1 } })
  expect((await ask(fake, 'POST', '/a/_refresh')).body).toMatchObject({ _shards: { failed: 1 } })
  expect(await count()).toBe(4)
})

test('a page with a hole looks like any other page', async () => {
  fake.faults.push({ path: /_search/, effect: { truncateHits: 2 } })
  const found = await ask(fake, 'POST', '/a/_search', { sort: ['_seq_no'] })
  expect(hitsOf(found).map(hit => hit._id)).toEqual(['3', '4'])
  expect(found.body).toMatchObject({ _shards: { failed: 0 }, hits: { total: { value: 4 } } })
})

test('every request is recorded with its decompressed body and its status', () => {
  expect(fake.requests[0]).toMatchObject({ method: 'POST', path: '/a/_bulk', url: '/a/_bulk?refresh=true', status: 200 })
  expect(fake.requests[0]?.body.toString()).toMatch(/^\{"index"/)
})
