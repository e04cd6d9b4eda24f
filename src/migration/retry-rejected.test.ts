import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSetAside, setAsideFolder } from '../copy/set-aside.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import { journalOf } from '../journal/list-journal.test-part.ts'
import { indexTask, mark, partition, settled } from '../journal/sample-entries.test-part.ts'
import type { Doc, Partition, Rejected } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Writer } from '../model/ports.ts'
import { Memory } from './memory.ts'
import { listSetAside, retrySetAside } from './retry-rejected.ts'
import type { SetAsidePartition } from './retry-rejected.ts'

const task = indexTask('cities', { target: 'towns' })
const [whole, spoiled] = [partition('cities', 0, 9), partition('cities', 10, 19)]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function refused(...ids: readonly string[]): Rejected[] {
  return ids.map((id, at) => ({
    doc: {
      id,
      routing: at === 0 ? 'r' : undefined,
      version: 9_007_199_254_740_993n + BigInt(at),
      source: Buffer.from(`{"ü":"${id}"}`),
    },
    status: 400,
    type: 'mapper_parsing_exception',
    reason: 'no',
  }))
}

/** A migration with one settled partition that is whole, and one with documents set aside. */
function migration(...ids: readonly string[]): { readonly memory: Memory; readonly found: SetAsidePartition } {
  const journal = journalOf([
    { type: 'round-opened', index: 'cities', round: 0, shards: [mark(19)], partitions: [whole, spoiled] },
    { type: 'settled', settled: settled(whole, { read: 10, written: 10 }) },
    { type: 'settled', settled: settled(spoiled, { read: 10, written: 10 - ids.length, setAside: ids.length }) },
  ])
  keep(spoiled, refused(...ids))
  const memory = new Memory(journal)
  const [found, ...others] = listSetAside([task], memory.state.indices, folder)
  expect(others).toEqual([])
  return { memory, found: found! }
}

function keep(of: Partition, rejected: readonly Rejected[]): void {
  const attempt = setAsideFolder(folder, Infinity, 0).begin(task, of)
  attempt.keep(rejected)
  attempt.commit()
}

/** Takes every document but some, and keeps what it was given. */
function writerThat(refuses: readonly string[], older: readonly string[] = []): Writer & { readonly given: Doc[] } {
  const given: Doc[] = []
  return {
    given,
    write: (_task, { docs }) => {
      given.push(...docs)
      const rejected = docs.filter(doc => refuses.includes(doc.id)).map(doc => ({ doc, status: 400, type: 't', reason: 'still' }))
      const alreadyNewer = docs.filter(doc => older.includes(doc.id)).length
      return Promise.resolve({ written: docs.length - rejected.length - alreadyNewer, alreadyNewer, rejected })
    },
  }
}

function retry(found: SetAsidePartition, memory: Memory, writer: Writer): ReturnType<typeof retrySetAside> {
  return retrySetAside(found, { writer, setAside: setAsideFolder(folder, Infinity, 0), memory }, never)
}

function idsLeft(): string[] {
  return readSetAside(folder, spoiled).map(line => line.id)
}

test('only partitions with documents set aside are listed, with each of their lines', () => {
  const { found } = migration('a', 'b')
  expect(found).toMatchObject({ task: { source: 'cities' }, partition: { id: spoiled.id } })
  expect(found.lines.map(({ id, status, type }) => [id, status, type])).toEqual([
    ['a', 400, 'mapper_parsing_exception'],
    ['b', 400, 'mapper_parsing_exception'],
  ])
})

test('documents are written again as they were: id, routing, version and bytes', async () => {
  const { found, memory } = migration('a', 'b')
  const writer = writerThat([])
  expect(await retry(found, memory, writer)).toEqual({ written: 2, alreadyNewer: 0, remaining: 0 })
  expect(writer.given.map(({ id, routing, version, source }) => [id, routing, version, Buffer.from(source).toString()])).toEqual([
    ['a', 'r', 9_007_199_254_740_993n, '{"ü":"a"}'],
    ['b', undefined, 9_007_199_254_740_994n, '{"ü":"b"}'],
  ])
})

test('what is taken counts as written, what is newer as that, and what is refused stays set aside, with its new reason', async () => {
  const { found, memory } = migration('a', 'b', 'c')
  expect(await retry(found, memory, writerThat(['b'], ['c']))).toEqual({ written: 1, alreadyNewer: 1, remaining: 1 })
  expect(readSetAside(folder, spoiled)).toMatchObject([{ id: 'b', reason: 'still', version: '9007199254740994' }])
  expect(memory.state.indices.get('cities')?.rounds[0]?.settled.get(spoiled.id)?.counts).toMatchObject({
    read: 10,
    written: 8,
    alreadyNewer: 1,
    setAside: 1,
  })
})

test('when none is left there is nothing to list any more', async () => {
  const { found, memory } = migration('a')
  await retry(found, memory, writerThat([]))
  expect(idsLeft()).toEqual([])
  expect([...listSetAside([task], memory.state.indices, folder)]).toEqual([])
})

test('a retry that fails leaves everything as it was', async () => {
  const { found, memory } = migration('a', 'b')
  const failure = new ShardferryError('unavailable', 'gone')
  await expect(retry(found, memory, { write: () => Promise.reject(failure) })).rejects.toBe(failure)
  expect(idsLeft()).toEqual(['a', 'b'])
  expect(memory.state.indices.get('cities')?.rounds[0]?.settled.get(spoiled.id)?.counts.setAside).toBe(2)
})

test('a retry that is killed before it is journaled counts what it wrote the next time', async () => {
  const { found, memory } = migration('a', 'b', 'c')
  await retry(found, new Memory(journalOf()), writerThat(['b']))
  const [left] = listSetAside([task], memory.state.indices, folder)
  expect(await retry(left!, memory, writerThat([]))).toMatchObject({ written: 1, remaining: 0 })
  expect(memory.state.indices.get('cities')?.rounds[0]?.settled.get(spoiled.id)?.counts).toMatchObject({
    written: 10,
    setAside: 0,
  })
})

test('thousands are sent in batches, and each counts once', async () => {
  const ids = Array.from({ length: 1_203 }, (_, i) => `d${i}`)
  const { found, memory } = migration(...ids)
  const writer = writerThat(['d0', 'd600', 'd1202'])
  expect(await retry(found, memory, writer)).toEqual({ written: 1_200, alreadyNewer: 0, remaining: 3 })
  expect(writer.given.map(doc => doc.id)).toEqual(ids)
  expect(idsLeft()).toEqual(['d0', 'd600', 'd1202'])
})
