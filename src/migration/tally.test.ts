import { expect, test } from 'vitest'
import { AdaptiveThrottler } from '../flow/throttler.ts'
import { virtualWorld } from '../flow/virtual-world.test-part.ts'
import type { VirtualWorld } from '../flow/virtual-world.test-part.ts'
import { journalOf } from '../journal/list-journal.test-part.ts'
import { indexTask, mark, partition, plan, settled } from '../journal/sample-entries.test-part.ts'
import type { WriteResult } from '../model/documents.ts'
import { noCounts } from '../model/documents.ts'
import type { Entry } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import { Memory } from './memory.ts'
import { Tally } from './tally.ts'

const cities = indexTask('cities', { estimate: { docs: 100, bytes: 10_000 } })
const [low, high] = [partition('cities', 0, 49), partition('cities', 50, 99)]
const opened: Entry = { type: 'round-opened', index: 'cities', round: 0, shards: [mark(99)], partitions: [low, high] }
const written = (docs: number): WriteResult => ({ written: docs, alreadyNewer: 0, rejected: [] })

function tallyOf(
  entries: readonly Entry[] = [],
  tasks: readonly IndexTask[] = [cities],
): {
  readonly tally: Tally
  readonly memory: Memory
  readonly world: VirtualWorld
  readonly snapshot: () => ReturnType<Tally['snapshot']>
} {
  const world = virtualWorld()
  const memory = new Memory(journalOf([...entries]))
  const throttler = new AdaptiveThrottler(world, { maxWidth: 4, docsPerSecond: 0 })
  const tally = new Tally(plan(...tasks), memory.state, throttler, world)
  return { tally, memory, world, snapshot: () => tally.snapshot(memory.state) }
}

function move(tally: Tally, docs: number): void {
  tally.read('cities', docs, docs * 100)
  tally.wrote('cities', written(docs))
}

test('before anything moves, the plan tells how much is expected', () => {
  const { snapshot } = tallyOf()
  expect(snapshot()).toMatchObject({
    phase: 'planning',
    etaMs: null,
    docsPerSecond: 0,
    width: 4,
    maxWidth: 4,
    partitionsDone: 0,
    partitionsKnown: 0,
    total: { expectedDocs: 100, expectedBytes: 10_000, counts: noCounts },
    indices: [{ index: 'cities', state: 'waiting' }],
  })
})

test('what moves is counted by what became of it', () => {
  const { tally, snapshot } = tallyOf()
  const doc = { id: 'x', routing: undefined, version: 1n, source: Buffer.from('{}') }
  tally.read('cities', 10, 1_000)
  tally.wrote('cities', { written: 6, alreadyNewer: 3, rejected: [{ doc, status: 400, type: 't', reason: 'r' }] })
  expect(snapshot().total.counts).toEqual({ read: 10, written: 6, alreadyNewer: 3, setAside: 1, filtered: 0, bytes: 1_000 })
})

test('what earlier runs settled is there from the start', () => {
  const { snapshot } = tallyOf([
    opened,
    { type: 'settled', settled: settled(low, { read: 48, written: 47, setAside: 1, bytes: 4_800 }) },
  ])
  expect(snapshot()).toMatchObject({
    partitionsDone: 1,
    partitionsKnown: 2,
    // A settled partition held what it held; the other what was counted when it was cut.
    total: { expectedDocs: 98, counts: { read: 48, written: 47, setAside: 1 } },
    indices: [{ state: 'copying' }],
  })
})

test('a partition that starts again takes back what its failed attempt counted', () => {
  const { tally, snapshot } = tallyOf()
  move(tally, 10)
  tally.redone('cities', { ...noCounts, read: 10, written: 10, bytes: 1_000 })
  move(tally, 4)
  tally.retried('no answer')
  expect(snapshot()).toMatchObject({ total: { counts: { read: 4, written: 4, bytes: 400 } }, partitionsRedone: 1, retries: 1 })
})

test('the rate is that of the last ten seconds, and tells how long the rest takes', async () => {
  const { tally, snapshot, world } = tallyOf([opened])
  tally.phase = 'copying'
  snapshot()
  await world.advance(1_000)
  move(tally, 20)
  expect(snapshot()).toMatchObject({ docsPerSecond: 20, bytesPerSecond: 2_000, etaMs: 4_000 })
  for (let second = 0; second < 30; second++) {
    await world.advance(1_000)
    move(tally, 1)
    snapshot()
  }
  const now = snapshot()
  expect(now.docsPerSecond).toBeCloseTo(1, 5)
  expect(now.etaMs).toBeCloseTo(50_000, -3)
})

test('a rate never runs backwards when work is taken back', async () => {
  const { tally, snapshot, world } = tallyOf()
  move(tally, 50)
  snapshot()
  await world.advance(1_000)
  tally.redone('cities', { ...noCounts, read: 50, written: 50, bytes: 5_000 })
  expect(snapshot()).toMatchObject({ docsPerSecond: 0, bytesPerSecond: 0, etaMs: null })
})

test('more documents than were expected are expected from then on', () => {
  const { tally, snapshot } = tallyOf()
  move(tally, 130)
  expect(snapshot()).toMatchObject({ total: { expectedDocs: 130, expectedBytes: 13_000 } })
})

test('an index waits, is copied, catches up, and is done', () => {
  const { tally, memory, snapshot } = tallyOf()
  const state = (): string | undefined => snapshot().indices[0]?.state
  const states = [state()]
  memory.append(opened)
  states.push(state())
  memory.append({ type: 'round-closed', index: 'cities', round: 0 })
  states.push(state())
  memory.append({ ...opened, round: 1, partitions: [] })
  states.push(state())
  expect(snapshot().round).toBe(1)
  tally.phase = 'done'
  states.push(state())
  expect(states).toEqual(['waiting', 'copying', 'copied', 'catching-up', 'done'])
})

test('the whole is the sum of its indices, without those that are not moved', () => {
  const rivers = indexTask('rivers', { estimate: { docs: 7, bytes: 70 } })
  const { tally, snapshot } = tallyOf([], [cities, rivers, indexTask('left', { action: 'skip' })])
  move(tally, 3)
  tally.read('rivers', 2, 20)
  const { indices, total } = snapshot()
  expect(indices.map(one => one.index)).toEqual(['cities', 'rivers'])
  expect(total).toMatchObject({ expectedDocs: 107, counts: { read: 5, written: 3, bytes: 320 } })
})

test('at the end the rate is the mean of the run, and nothing is left to wait for', async () => {
  const { tally, snapshot, world } = tallyOf()
  move(tally, 100)
  await world.advance(20_000)
  tally.phase = 'done'
  expect(snapshot()).toMatchObject({
    docsPerSecond: 5,
    bytesPerSecond: 500,
    etaMs: null,
    elapsedMs: 20_000,
    total: { state: 'done' },
  })
})
