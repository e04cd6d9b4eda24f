import { expect, test } from 'vitest'
import { ShardferryError } from '../../model/errors.ts'
import type { Doc } from '../../model/documents.ts'
import type { WriteAs } from '../../model/plan.ts'
import type { Throttler } from '../../model/ports.ts'
import { virtualWorld } from '../../flow/virtual-world.test-part.ts'
import { indexTask } from '../../journal/sample-entries.test-part.ts'
import { opensearch, tableCluster } from '../../metadata/table-cluster.test-part.ts'
import type { Reply, Table } from '../../metadata/table-cluster.test-part.ts'
import { askedWriter } from './writer.ts'

const asked: WriteAs = { opType: 'index', versionType: 'internal', routing: 'keep', conflicts: 'abort' }
const created = (id: string): object => ({ index: { _index: 'towns', _id: id, status: 201 } })
const conflict = (id: string): object => ({
  create: { _index: 'towns', _id: id, status: 409, error: { type: 'version_conflict_engine_exception', reason: 'there' } },
})
const full = (id: string): object => ({ index: { _index: 'towns', _id: id, status: 429, error: { type: 'x', reason: 'full' } } })
const items = (...all: object[]): Reply => ({ body: { items: all } })
const docs = (...ids: string[]): Doc[] =>
  ids.map(id => ({ id, routing: undefined, version: 7n, source: Buffer.from(`{"of":"${id}"}`) }))

function writerTo(table: Table, as: Partial<WriteAs> = {}, again = false) {
  const target = tableCluster(opensearch('2.19.4'), table)
  const throttler = { enter: () => Promise.resolve(() => undefined), observe: () => undefined } as unknown as Throttler
  const world = virtualWorld({ restless: true })
  const writer = askedWriter({ target, throttler, world, giveUpAfterMs: 60_000 }, { ...asked, ...as }, again)
  const task = indexTask('cities', { target: 'towns' })
  const write = (...ids: string[]) =>
    writer.write(task, { docs: docs(...ids), bytes: 1, release: () => undefined }, new AbortController().signal)
  const sent = () =>
    target.seen.filter(({ path }) => path.endsWith('_bulk')).map(({ body }) => Buffer.from(body as Uint8Array).toString())
  return { writer, write, sent, target }
}

test.each([
  [{}, '{"index":{"_id":"a"}}\n{"of":"a"}\n'],
  [{ opType: 'create' }, '{"create":{"_id":"a"}}\n{"of":"a"}\n'],
  [{ versionType: 'external' }, '{"index":{"_id":"a","version":7,"version_type":"external"}}\n{"of":"a"}\n'],
  [{ routing: '=x"' }, '{"index":{"_id":"a","routing":"x\\""}}\n{"of":"a"}\n'],
] as const)('lines are as the request asks: %j', async (as, line) => {
  const { write, sent } = writerTo({ 'POST /towns/_bulk': items(created('a')) }, as)
  await write('a')
  expect(sent()).toEqual([line])
})

test('a failure ends the request: what was to come after it is not written', async () => {
  const { write, sent, writer } = writerTo({ 'POST /towns/_bulk': items(created('a'), conflict('b')) }, { opType: 'create' })
  const both = await Promise.allSettled([write('a', 'b'), write('c', 'd')])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(sent()).toHaveLength(1)
  expect(writer.counts).toMatchObject({ created: 1, versionConflicts: 1, batches: 1 })
  expect(both[0]).toMatchObject({ reason: { status: 409, failures: [{ index: 'towns', id: 'b', status: 409 }] } })
})

test('what the target has no room for is sent again, alone', async () => {
  const answers = [items(created('a'), full('b')), items(created('b'))]
  const { write, sent, writer } = writerTo({ 'POST /towns/_bulk': answers })
  expect(await write('a', 'b')).toEqual({ written: 2, alreadyNewer: 0, rejected: [] })
  expect(sent()[1]).toBe('{"index":{"_id":"b"}}\n{"of":"b"}\n')
  expect(writer.counts).toMatchObject({ created: 2, bulkRetries: 1 })
})

test('a conflict with what the same request has written before is none; one with other content is', async () => {
  const mget = {
    docs: [{ found: true, _source: { of: 'a' } }, { found: true, _source: { of: 'somebody else' } }, { found: false }],
  }
  const table = { 'POST /towns/_bulk': items(conflict('a'), conflict('b'), conflict('c')), 'POST /towns/_mget': { body: mget } }
  const { write, writer } = writerTo(table, { opType: 'create', conflicts: 'proceed' }, true)
  expect(await write('a', 'b', 'c')).toEqual({ written: 1, alreadyNewer: 2, rejected: [] })
  expect(writer.counts).toMatchObject({ created: 1, versionConflicts: 2 })
})

test('nothing is looked up where nothing was written before', async () => {
  const { write, target } = writerTo({ 'POST /towns/_bulk': items(conflict('a')) }, { opType: 'create', conflicts: 'proceed' })
  await write('a')
  expect(target.seen).toHaveLength(1)
})

test('a request that is refused as a whole is told in the words of the target', async () => {
  const error = { type: 'security_exception', reason: 'no' }
  const { write } = writerTo({ 'POST /towns/_bulk': { status: 403, body: { error, status: 403 } } })
  const thrown: unknown = await write('a').catch((cause: unknown) => cause)
  expect(thrown).toBeInstanceOf(ShardferryError)
  expect(thrown).toMatchObject({ status: 403, cause: { words: { status: 403, error } } })
})
