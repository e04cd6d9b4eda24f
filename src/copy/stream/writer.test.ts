import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectTo, send } from '../../../test/contract/connect-to.ts'
import { startFake } from '../../../test/fake/fake.ts'
import type { FakeCluster, FakeOptions } from '../../../test/fake/fake.ts'
import type { Cluster, Connection } from '../../cluster/cluster.ts'
import { AdaptiveThrottler } from '../../flow/throttler.ts'
import { never, turn, virtualWorld } from '../../flow/virtual-world.test-part.ts'
import { indexTask } from '../../journal/sample-entries.test-part.ts'
import type { Batch, Doc, WriteResult } from '../../model/documents.ts'
import type { Meter } from '../../model/ports.ts'
import { streamWriter } from './writer.ts'
import type { StreamWriterOptions } from './writer.ts'

const task = indexTask('cities')
const giveUpAfterMs = 60_000

let fake: FakeCluster
let target: Cluster
beforeEach(() => start({ flavor: 'opensearch' }))
afterEach(stop)

async function start(options: FakeOptions): Promise<void> {
  fake = await startFake(options)
  target = await connectTo(fake.url, 'target')
  await send(fake.url, 'PUT', '/cities', { mappings: { properties: { n: { type: 'integer' } } } })
  fake.requests.length = 0
}

async function stop(): Promise<void> {
  await target.close()
  await fake.close()
}

async function startAnew(options: FakeOptions): Promise<void> {
  await stop()
  await start(options)
}

function doc(id: string, more: { version?: bigint; source?: string } = {}): Doc {
  return { id, routing: undefined, version: more.version ?? 1n, source: Buffer.from(more.source ?? '{"n":1}') }
}

function docs(count: number, from = 0): Doc[] {
  return Array.from({ length: count }, (_, i) => doc(`d${from + i}`))
}

function batch(list: readonly Doc[]): Batch {
  return { docs: list, bytes: list.reduce((sum, one) => sum + one.source.length, 0), release: () => undefined }
}

function writing(connection: Connection = target, restless = true, more: Partial<StreamWriterOptions> = {}) {
  const world = virtualWorld({ restless })
  const throttler = new AdaptiveThrottler(world, { maxWidth: 4, docsPerSecond: 0 })
  const retries: string[] = []
  const meter: Meter = {
    read: () => undefined,
    wrote: () => undefined,
    retried: what => retries.push(what),
    redone: () => undefined,
  }
  const writer = streamWriter(connection, world, throttler, meter, { giveUpAfterMs, replaces: true, ...more })
  return {
    world,
    throttler,
    retries,
    write: (list: readonly Doc[], signal = never): Promise<WriteResult> => writer.write(task, batch(list), signal),
  }
}

/** The ids of each bulk request the fake has had. */
function sent(): string[][] {
  return fake.requests
    .filter(request => request.path.endsWith('/_bulk'))
    .map(request => [...request.body.toString().matchAll(/"_id":"([^"]*)"/g)].map(match => match[1] ?? ''))
}

function stored(): string[] {
  return [...(fake.store.indices.get('cities')?.shards ?? [])].flatMap(shard => [...shard.live.keys()]).toSorted()
}

const bulk = /_bulk/
const queueFull = { error: { type: 'es_rejected_execution_exception', reason: 'queue full' }, status: 429 }

test('documents are written once each, with their ids, versions and bytes', async () => {
  const list = [doc('a', { version: 7n, source: ' {"n": 1.0}' }), doc('b', { version: 8n })]
  expect(await writing().write(list)).toEqual({ written: 2, alreadyNewer: 0, rejected: [] })
  const [shard] = fake.store.indices.get('cities')!.shards
  expect([...shard!.live.values()].map(({ id, version, source }) => [id, version, source.toString()])).toEqual([
    ['a', 7, ' {"n": 1.0}'],
    ['b', 8, '{"n":1}'],
  ])
})

test('the same batch again is written again with the same result; older versions are already newer', async () => {
  const { write } = writing()
  await write([doc('a', { version: 5n }), doc('b', { version: 5n })])
  expect(await write([doc('a', { version: 5n }), doc('b', { version: 4n })])).toEqual({
    written: 1,
    alreadyNewer: 1,
    rejected: [],
  })
})

test('where what is read is the newest there can be, a lower version is written over a higher one, and over a delete that is remembered', async () => {
  const { write } = writing(target, true, { overwrites: () => true })
  await write([doc('a', { version: 5n }), doc('b', { version: 5n })])
  await write([{ id: 'b', routing: undefined, version: 6n, source: Buffer.alloc(0), op: 'delete' }])
  const anew = [doc('a', { version: 1n, source: '{"n":2}' }), doc('b', { version: 1n, source: '{"n":3}' })]
  expect(await write(anew)).toEqual({ written: 2, alreadyNewer: 0, rejected: [] })
  const [shard] = fake.store.indices.get('cities')!.shards
  const now = new Map([...shard!.live.values()].map(({ id, source }) => [id, source.toString()]))
  expect(now).toEqual(new Map([...anew].map(({ id, source }) => [id, Buffer.from(source).toString()])))
})

test('a document the target refuses is rejected with its reason, and the others are written', async () => {
  const result = await writing().write([...docs(3), doc('bad', { source: '{"n":"many"}' })])
  expect(result).toMatchObject({ written: 3, rejected: [{ doc: { id: 'bad' }, status: 400, type: 'mapper_parsing_exception' }] })
  expect(stored()).toEqual(['d0', 'd1', 'd2'])
})

test('items refused by a full queue are sent again, alone, and counted once', async () => {
  fake.faults.push({ path: bulk, effect: { itemStatus: { every: 3, status: 429, type: 'es_rejected_execution_exception' } } })
  const { write, retries, throttler, world } = writing()
  expect(await write(docs(7))).toEqual({ written: 7, alreadyNewer: 0, rejected: [] })
  expect(sent().map(ids => ids.length)).toEqual([7, 2])
  expect(sent()[1]).toEqual(['d2', 'd5'])
  expect(retries.length).toBe(1)
  expect(throttler.width).toBe(2)
  expect(world.naps).toEqual([250])
})

test('a request refused as a whole for a passing reason is sent again as a whole', async () => {
  fake.faults.push(
    { path: bulk, times: 2, effect: { status: 429, body: queueFull } },
    { path: bulk, after: 2, effect: { status: 503 } },
  )
  expect(await writing().write(docs(4))).toMatchObject({ written: 4 })
  expect(sent().map(ids => ids.length)).toEqual([4, 4, 4, 4])
})

test('when the connection breaks after the target has executed the request, every document counts once', async () => {
  fake.faults.push({ path: bulk, effect: { reset: 'after' } })
  expect(await writing().write(docs(5))).toEqual({ written: 5, alreadyNewer: 0, rejected: [] })
  expect(sent().length).toBe(2)
  expect(stored().length).toBe(5)
})

test.each([{ reset: 'before' }, { cut: 30 }] as const)('after %j the documents are sent again', async effect => {
  fake.faults.push({ path: bulk, effect })
  expect(await writing().write(docs(5))).toEqual({ written: 5, alreadyNewer: 0, rejected: [] })
})

test('a target that takes nothing for too long ends the run with its last reason', async () => {
  fake.faults.push({ path: bulk, times: Infinity, effect: { status: 429, body: queueFull } })
  const { write, world } = writing()
  const startMs = world.now()
  await expect(write(docs(2))).rejects.toMatchObject({
    code: 'overloaded',
    recovery: 'fatal',
    message: expect.stringContaining('queue full') as string,
    hint: expect.any(String) as string,
  })
  expect(world.now() - startMs).toBeGreaterThan(giveUpAfterMs)
})

test('a target that takes a few documents each time is not given up', async () => {
  // Of n documents all but one are refused; so a batch of 60 takes far longer than a target that takes none is waited for.
  const { write, world } = writing(taking(1))
  const startMs = world.now()
  expect(await write(docs(60))).toEqual({ written: 60, alreadyNewer: 0, rejected: [] })
  expect(world.now() - startMs).toBeGreaterThan(2 * giveUpAfterMs)
})

test('a request that is too large is halved until it fits, and later batches are cut to what fitted', async () => {
  await startAnew({ flavor: 'opensearch', maxContentBytes: 4_000 })
  const { write } = writing()
  const heavy = (from: number): Doc[] => docs(8, from).map(one => ({ ...one, source: Buffer.from(`{"t":"${'x'.repeat(900)}"}`) }))
  expect(await write(heavy(0))).toEqual({ written: 8, alreadyNewer: 0, rejected: [] })
  const refused = fake.requests.filter(request => request.status === 413).length
  expect(refused).toBeGreaterThan(0)
  expect(await write(heavy(8))).toEqual({ written: 8, alreadyNewer: 0, rejected: [] })
  expect(fake.requests.filter(request => request.status === 413).length).toBe(refused)
  expect(stored().length).toBe(16)
})

test('a single document that no request can carry is rejected, and does not make the others smaller', async () => {
  await startAnew({ flavor: 'opensearch', maxContentBytes: 4_000 })
  const { write } = writing()
  const huge = doc('huge', { source: `{"t":"${'x'.repeat(5_000)}"}` })
  expect(await write([huge])).toMatchObject({
    written: 0,
    rejected: [{ doc: { id: 'huge' }, status: 413, type: 'payload-too-large' }],
  })
  fake.requests.length = 0
  expect(await write(docs(8))).toMatchObject({ written: 8 })
  expect(sent().length).toBe(1)
})

test('a document that spoils its whole request is found, rejected, and the others are written', async () => {
  const poison = doc('x'.repeat(600))
  const list = [...docs(11), poison, ...docs(20, 11)]
  const { write } = writing()
  const result = await write(list)
  expect(result).toMatchObject({ written: 31, rejected: [{ doc: { id: poison.id }, status: 400 }] })
  expect(result.rejected.length).toBe(1)
  expect(result.rejected[0]?.reason).toContain('is too long')
  expect(stored().length).toBe(31)
})

test('twenty documents that spoil their requests are rejected, one more stops the run: then it is the requests', async () => {
  const poison = (count: number): Doc[] => Array.from({ length: count }, (_, i) => doc(`${i}-${'x'.repeat(600)}`))
  const { write } = writing()
  expect((await write([...docs(5), ...poison(20)])).rejected.length).toBe(20)
  await expect(write([...poison(21), ...docs(5)])).rejects.toMatchObject({ code: 'request-refused', status: 400 })
})

test('a blocked index is waited for as long as it takes, told as such, and written when the block is gone', async () => {
  await send(fake.url, 'PUT', '/cities/_settings', { 'index.blocks.write': true })
  const { write, world, throttler } = writing(target, false)
  const result = write(docs(3))
  const startMs = world.now()
  while (world.now() - startMs < 5 * giveUpAfterMs) {
    while (world.sleeping === 0) await turn()
    expect(throttler.reason).toContain('target blocks writes')
    await world.advance(10_000)
  }
  while (world.sleeping === 0) await turn()
  // The first failure after a long block gets the same patience as any other.
  await send(fake.url, 'PUT', '/cities/_settings', { 'index.blocks.write': null })
  fake.faults.push({ path: bulk, effect: { status: 429, body: queueFull } })
  await world.advance(10_000)
  while (world.sleeping === 0) await turn()
  await world.advance(10_000)
  expect(await result).toEqual({ written: 3, alreadyNewer: 0, rejected: [] })
})

test.each([429, 403])('a cluster that blocks writes as a whole with %d is waited for too', async status => {
  const body = { error: { type: 'cluster_block_exception', reason: 'disk usage exceeded flood-stage watermark' }, status }
  fake.faults.push({ path: bulk, times: 40, effect: { status, body } })
  const { write, world } = writing()
  const startMs = world.now()
  expect(await write(docs(3))).toMatchObject({ written: 3 })
  expect(world.now() - startMs).toBeGreaterThan(giveUpAfterMs)
})

test('a missing privilege for an item stops at once, and names what is missing', async () => {
  const reason = 'action [indices:data/write/bulk[s]] is unauthorized for user [ferry]'
  fake.faults.push({ path: bulk, effect: { itemStatus: { every: 1, status: 403, type: 'security_exception', reason } } })
  await expect(writing().write(docs(3))).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining(reason) as string,
    hint: expect.stringContaining('write') as string,
  })
  expect(sent().length).toBe(1)
})

test('a privilege that is missing for items of an index that took some before may be back soon', async () => {
  const { write, world } = writing()
  expect(await write(docs(3))).toMatchObject({ written: 3 })
  fake.faults.push({ path: bulk, times: 2, effect: { itemStatus: { every: 2, status: 403, type: 'security_exception' } } })
  expect(await write(docs(3))).toMatchObject({ written: 3 })
  fake.faults.push({ path: bulk, times: Infinity, effect: { itemStatus: { every: 2, status: 403, type: 'security_exception' } } })
  const startMs = world.now()
  await expect(write(docs(3))).rejects.toMatchObject({ code: 'forbidden' })
  expect(world.now() - startMs).toBeGreaterThan(giveUpAfterMs)
})

test.each([
  [403, 'forbidden'],
  [404, 'request-refused'],
])('a request refused with %d stops at once as %s', async (status, code) => {
  fake.faults.push({ path: bulk, effect: { status, body: { error: { type: 'some_exception', reason: 'no' }, status } } })
  await expect(writing().write(docs(3))).rejects.toMatchObject({ code, status })
  expect(sent().length).toBe(1)
})

test('an answer that does not account for every document is not believed; all are sent again', async () => {
  fake.faults.push({ path: bulk, effect: { status: 200, body: { errors: false, items: [{ index: { status: 201 } }] } } })
  expect(await writing().write(docs(3))).toMatchObject({ written: 3 })
})

test('an abort ends a write that waits for its next attempt, and one that waits for its place', async () => {
  fake.faults.push({ path: bulk, times: Infinity, effect: { status: 429, body: queueFull } })
  const { write, world, throttler } = writing(target, false)
  const stop = new AbortController()
  const sleeping = write(docs(1), stop.signal)
  while (world.sleeping === 0) await turn()
  throttler.obey({ what: 'pause', reason: 'asked' })
  const waiting = write(docs(1), stop.signal)
  stop.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
  await expect(waiting).rejects.toThrow('enough')
})

test('while paused nothing is sent', async () => {
  const { write, throttler } = writing()
  throttler.obey({ what: 'pause', reason: 'asked' })
  const result = write(docs(2))
  await turn()
  expect(sent()).toEqual([])
  throttler.obey({ what: 'resume' })
  expect(await result).toMatchObject({ written: 2 })
})

/** A target that takes so many documents of each request and has no room for the others. */
function taking(count: number): Connection {
  return {
    side: 'target',
    address: 'http://narrow:9200',
    requestsSent: 0,
    exchange: ({ body }) => {
      const documents =
        Buffer.from(body as Uint8Array)
          .toString()
          .split('\n').length >> 1
      const items = Array.from({ length: documents }, (_, i) => ({
        index: i < count ? { status: 201 } : { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'full' } },
      }))
      const answer = Buffer.from(JSON.stringify({ errors: true, items }))
      return Promise.resolve({ status: 200, headers: {}, body: answer, release: () => undefined })
    },
    close: () => Promise.resolve(),
  }
}
