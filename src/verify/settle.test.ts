import { expect, test } from 'vitest'
import { never } from '../flow/virtual-world.test-part.ts'
import { indexTask, mark } from '../journal/sample-entries.test-part.ts'
import type { ShardMark } from '../model/entries.ts'
import type { VerifyLevel } from '../model/verification.ts'
import { firstLook, settle, waitsMs, withoutLater } from './settle.ts'
import type { SettleTally, Suspect } from './settle.ts'
import { twoSides } from './two-sides.test-part.ts'
import type { TwoSides } from './two-sides.test-part.ts'

function nothing(): SettleTally {
  return { lookedAt: 0, looks: 0, equalByValue: 0, afterCheckpoint: 0 }
}

async function settled(
  sides: TwoSides,
  ids: readonly string[],
  {
    marks = [mark(1000)],
    level = 'full',
    tally = nothing(),
  }: { marks?: ShardMark[]; level?: VerifyLevel; tally?: SettleTally } = {},
): Promise<string[]> {
  const parts = { ...sides.patience, world: sides.world }
  const first = await firstLook(sides.index, level, ids, 1000, tally, parts, never)
  const seen = await settle(sides.index, level, first, marks, tally, parts, never)
  const left = await withoutLater(sides.index, seen, marks, tally, parts, never)
  return left.map(({ kind, id, routing }) => `${kind} ${id}${routing === undefined ? '' : `/${routing}`}`)
}

function copied(sides: TwoSides, ...ids: readonly string[]): void {
  for (const id of ids) sides.target.put(id, `{"id":"${id}"}`, undefined, sides.source.put(id, `{"id":"${id}"}`))
}

test('missing, stale and extra documents are told, equal ones are not', async () => {
  const sides = twoSides(indexTask('cities'))
  copied(sides, 'a', 'b', 'c')
  sides.target.remove('a')
  sides.target.put('b', '{"id":"other"}')
  sides.target.put('d', '{}')
  const tally = nothing()
  expect(await settled(sides, ['a', 'b', 'c', 'd', 'unknown'], { tally })).toEqual(['missing a', 'stale b', 'extra d'])
  expect(tally).toMatchObject({ lookedAt: 4, looks: 1 })
})

test('one id under two routings is two documents; the wrong routing is one missing and one extra', async () => {
  const sides = twoSides(indexTask('cities'), {}, 3)
  for (const routing of ['x', 'y']) {
    sides.source.put('a', `{"r":"${routing}"}`, routing)
    sides.target.put('a', `{"r":"${routing}"}`, routing)
  }
  sides.source.put('b', '{}', 'x')
  sides.target.put('b', '{}', 'z')
  const marks = [mark(1000, 0), mark(1000, 1), mark(1000, 2)]
  expect(await settled(sides, ['a', 'b'], { marks })).toEqual(['missing b/x', 'extra b/z'])
})

test('what was on its way when it was looked at first settles', async () => {
  const sides = twoSides(indexTask('cities'))
  copied(sides, 'a', 'b')
  sides.target.remove('a')
  sides.target.meanwhile = search => {
    if (search === 3) sides.target.put('a', '{"id":"a"}')
  }
  const tally = nothing()
  sides.target.put('b', '{"id":"older"}', undefined, 1n)
  sides.source.meanwhile = search => {
    // Seen changed by the second look, equal by the third.
    if (search === 2) sides.target.put('b', '{"id":"between"}')
    if (search === 3) sides.target.put('b', '{"id":"b"}')
  }
  expect(await settled(sides, ['a', 'b'], { tally })).toEqual(['missing a'])
  expect(tally.looks).toBe(2)
})

test('a document that never comes to rest is told after a bounded number of looks', async () => {
  const sides = twoSides(indexTask('cities'))
  copied(sides, 'a')
  sides.target.meanwhile = search => void sides.target.put('a', `{"turn":${search}}`)
  const tally = nothing()
  expect(await settled(sides, ['a'], { tally })).toEqual(['stale a'])
  expect(tally.looks).toBe(waitsMs.length)
  expect(sides.world.naps).toEqual(waitsMs)
})

test('what the source wrote after the checkpoint is left out, whatever the target holds', async () => {
  const sides = twoSides(indexTask('cities'))
  copied(sides, 'a', 'b', 'c')
  sides.source.put('a', '{"id":"newer"}')
  sides.source.put('d', '{}')
  sides.target.remove('b')
  const tally = nothing()
  expect(await settled(sides, ['a', 'b', 'c', 'd'], { marks: [mark(2)], tally })).toEqual(['missing b'])
  expect(tally.afterCheckpoint).toBe(2)
})

test('with several shards, a number counts against the checkpoint of its own shard', async () => {
  const sides = twoSides(indexTask('cities'), {}, 2)
  const [even, odd] = ['b', 'a']
  expect([sides.source.shardOf(even), sides.source.shardOf(odd)]).toEqual([0, 1])
  sides.source.put(even, '{}')
  sides.source.put(odd, '{}')
  const tally = nothing()
  // Numbers 0 and 1: above the one checkpoint, not above the other.
  expect(await settled(sides, [even, odd], { marks: [mark(-1, 0), mark(5, 1)], tally })).toEqual(['missing a'])
  expect(tally.afterCheckpoint).toBe(1)
})

test('a document that was written after the checkpoint, and deleted before its shard could be asked, is left out too', async () => {
  const sides = twoSides(indexTask('cities'), {}, 2)
  const seen: Suspect = { id: 'a', routing: undefined, kind: 'stale', sourceVersion: 8n, targetVersion: 1n, seqNo: 7n }
  const marks = [mark(5, 0), mark(1000, 1)]
  const tally = nothing()
  expect(await withoutLater(sides.index, [seen], marks, tally, sides.patience, never)).toEqual([])
  expect(tally.afterCheckpoint).toBe(1)
})

test('other bytes of the same value are counted and are no difference', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{"x":1,"y":2}')
  sides.target.put('a', '{ "y":2, "x":1 }')
  const tally = nothing()
  expect(await settled(sides, ['a'], { tally })).toEqual([])
  expect(tally.equalByValue).toBe(1)
})

test('at level ids a target with an older version is stale, with a newer one it is not', async () => {
  const sides = twoSides(indexTask('cities'))
  copied(sides, 'a', 'b', 'c')
  const newest = sides.source.put('a', '{"id":"a2"}')
  sides.target.put('b', '{"id":"b2"}', undefined, 99n)
  expect(newest).toBe(4n)
  expect(await settled(sides, ['a', 'b', 'c'], { level: 'ids' })).toEqual(['stale a'])
  // Copied by something else, versions say nothing.
  const unversioned = { ...sides, index: { ...sides.index, versions: false } }
  expect(await settled(unversioned, ['a', 'b', 'c'], { level: 'ids' })).toEqual([])
})

test('the first look ends when there are more suspects than will be named', async () => {
  const sides = twoSides(indexTask('cities'))
  const ids = Array.from({ length: 12_000 }, (_, i) => `p${i}`)
  for (const id of ids) sides.source.put(id, '{}')
  const found: Suspect[] = await firstLook(sides.index, 'ids', ids, 100, nothing(), sides.patience, never)
  expect(found.length).toBe(5_000)
})
