/** A shard plays index, update, delete and re-creation between rounds; what a comparison names is what is gone, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexTask, settled } from '../../journal/sample-entries.test-part.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import type { Doc, Listed, Partition, SeqNoRange, Settled } from '../../model/documents.ts'
import { manifestFolder } from './folder.ts'
import { allListed, gonePlaces } from './gone.ts'
import type { ListedRound } from './gone.ts'
import type { LiveNumbers } from './live-numbers.ts'

const task = indexTask('cities', { deletes: { by: 'manifest', reason: '' } })
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardferry-gone-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Shard {
  next: number
  /** By id: its number and routing. One id is one document on a shard. */
  readonly live: Map<string, { readonly seqNo: number; readonly routing: string | undefined }>
}

function liveOf(shard: Shard): LiveNumbers & { scanned: number } {
  const within = (range: SeqNoRange): number[] =>
    [...shard.live.values()].map(({ seqNo }) => seqNo).filter(seqNo => seqNo >= range.from && seqNo <= range.to)
  const live = {
    scanned: 0,
    count: async (_task: unknown, range: SeqNoRange) => within(range).length,
    each: async (_task: unknown, range: SeqNoRange, visit: (seqNo: number) => void) => {
      live.scanned++
      for (const seqNo of within(range)) visit(seqNo)
    },
  }
  return live
}

/** What is between two numbers, in two partitions, as a round cuts it. */
function cut(round: number, from: number, to: number): readonly (Partition & { readonly range: SeqNoRange })[] {
  const middle = from + Math.floor((to - from) / 2)
  return [[from, middle] as const, [middle + 1, to] as const].map(([low, high]) => {
    const range = { by: 'seq-no', shard: 0, from: low, to: high } as const
    return { id: `cities.r${round}.${low}`, index: 'cities', round, range, estimatedDocs: 1 }
  })
}

/** Copies what the shard has between two numbers. */
function copyRound(shard: Shard, round: number, from: number, to: number, refused: (id: string) => boolean): ListedRound {
  const partitions = cut(round, from, to)
  const done = new Map<string, Settled>()
  for (const partition of partitions) {
    const { from: low, to: high } = partition.range
    const docs = [...shard.live].flatMap(([id, { seqNo, routing }]): Doc[] =>
      seqNo < low || seqNo > high ? [] : [{ id, routing, seqNo, version: BigInt(seqNo + 1), source: new Uint8Array(0) }],
    )
    const attempt = manifestFolder(folder).begin(task, partition)!
    const rejected = docs.filter(({ id }) => refused(id)).map(doc => ({ doc, status: 400, type: 'x', reason: 'y' }))
    if (docs.length > 0) attempt.list(docs)
    attempt.refuse(rejected)
    done.set(partition.id, { ...settled(partition, { read: docs.length }), listed: attempt.commit() })
  }
  return { round, partitions, settled: done, again: [] }
}

async function gone(rounds: readonly ListedRound[], live: LiveNumbers): Promise<Listed[]> {
  const found: Listed[] = []
  const parts = { folder, live, patiently: <T>(act: () => Promise<T>) => act() }
  for await (const one of gonePlaces(task, rounds, parts, never)) found.push(one)
  return found
}

const id = fc.integer({ min: 0, max: 12 }).map(n => `d${n}`)
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('write' as const), id, routing: fc.constantFrom(undefined, 'a', 'b') }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('delete' as const), id, routing: fc.constant(undefined) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('round' as const), id, routing: fc.constant(undefined) }) },
)

test('whatever is written and deleted between the rounds: each place that was copied and is not live is named once, with its last version', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 80 }), async operations => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      const shard: Shard = { next: 0, live: new Map() }
      const rounds: ListedRound[] = []
      const copied = new Map<string, { version: bigint; id: string; routing: string | undefined }>()
      let upTo = -1
      for (const one of [...operations, { what: 'round' as const, id: '', routing: undefined }]) {
        if (one.what === 'write') shard.live.set(one.id, { seqNo: shard.next++, routing: one.routing })
        else if (one.what === 'delete') {
          shard.next++
          shard.live.delete(one.id)
        } else if (shard.next - 1 > upTo) {
          rounds.push(copyRound(shard, rounds.length, upTo + 1, shard.next - 1, () => false))
          for (const [known, { seqNo, routing }] of shard.live)
            if (seqNo > upTo) copied.set(JSON.stringify([known, routing]), { id: known, routing, version: BigInt(seqNo + 1) })
          upTo = shard.next - 1
        }
      }
      const live = new Set([...shard.live].map(([known, { routing }]) => JSON.stringify([known, routing])))
      const expected = [...copied].filter(([place]) => !live.has(place)).map(([, place]) => ({ ...place, rejected: false }))
      const byPlace = (a: { id: string; routing: string | undefined }): string => JSON.stringify([a.id, a.routing])
      const found = (await gone(rounds, liveOf(shard))).map(({ id: own, routing, version, rejected }) => ({
        id: own,
        routing,
        version,
        rejected,
      }))
      expect(new Map(found.map(one => [byPlace(one), one]))).toEqual(new Map(expected.map(one => [byPlace(one), one])))
      expect(found.length).toBe(expected.length)
    }),
    { numRuns: 150 },
  )
})

function filled(docs: number): Shard {
  return { next: docs, live: new Map(Array.from({ length: docs }, (_, n) => [`d${n}`, { seqNo: n, routing: undefined }])) }
}

test('where the source counts as many numbers as are listed, none of them is read', async () => {
  const shard = filled(1_000)
  const rounds = [copyRound(shard, 0, 0, 999, () => false)]
  const live = liveOf(shard)
  expect(await gone(rounds, live)).toEqual([])
  expect(live.scanned).toBe(0)
  shard.live.delete('d3')
  expect(await gone(rounds, live)).toMatchObject([{ id: 'd3', version: 4n }])
  expect(live.scanned).toBe(1)
})

test('what was read again after a primary changed is not hidden by equal counts', async () => {
  const shard = filled(10)
  const hidden = shard.live.get('d4')!
  shard.live.delete('d4')
  const first = copyRound(shard, 0, 0, 9, () => false)
  shard.live.set('d4', hidden)
  shard.live.delete('d3')
  const again = { ...copyRound(shard, 1, 3, 4, () => false), again: [{ by: 'seq-no', shard: 0, from: 0, to: 9 } as const] }
  expect(await gone([first, again], liveOf(shard))).toMatchObject([{ id: 'd3' }])
})

test('a form that the target refused does not hide the one that stands there', async () => {
  const shard = filled(3)
  const first = copyRound(shard, 0, 0, 2, one => one === 'd2')
  shard.live.set('d0', { seqNo: 3, routing: undefined })
  const second = copyRound(shard, 1, 3, 3, () => true)
  shard.live.clear()
  const found = await gone([first, second], liveOf(shard))
  expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
    { id: 'd0', version: 1n, rejected: false },
    { id: 'd1', version: 2n, rejected: false },
    { id: 'd2', version: 3n, rejected: true },
  ])
})

type Ending = 'fails' | 'is killed' | 'comes to its end, which the journal does not take'

/** An attempt that writes documents and does not count. */
function breaksOff(shard: Shard, how: Ending): void {
  for (const partition of cut(0, 0, 9)) {
    const attempt = manifestFolder(folder).begin(task, partition)!
    for (const [id, { seqNo, routing }] of shard.live)
      attempt.list([{ id, routing, seqNo, version: BigInt(seqNo + 1), source: new Uint8Array(0) }])
    if (how === 'fails') attempt.discard()
    if (how.startsWith('comes to its end')) attempt.commit()
  }
}

test.each<Ending>(['fails', 'is killed', 'comes to its end, which the journal does not take'])(
  'what an attempt wrote that %s is named, although the next one did not see it any more',
  async how => {
    const shard = filled(10)
    breaksOff(shard, how)
    for (const id of ['d1', 'd2', 'd8']) shard.live.delete(id)
    breaksOff(shard, how)
    shard.live.delete('d9')
    const found = await gone([copyRound(shard, 0, 0, 9, () => false)], liveOf(shard))
    expect(new Map(found.map(one => [one.id, one.version]))).toEqual(
      new Map([
        ['d1', 2n],
        ['d2', 3n],
        ['d8', 9n],
        ['d9', 10n],
      ]),
    )
    expect(found).toHaveLength(4)
  },
)

test('what the kill cut off in the middle of a block was not sent yet, and hides nothing before it', async () => {
  const shard = filled(10)
  breaksOff(shard, 'is killed')
  for (const name of readdirSync(folder).filter(name => name.endsWith('.part'))) {
    const whole = readFileSync(join(folder, name))
    writeFileSync(join(folder, name), whole.subarray(0, whole.length - 3))
  }
  shard.live.delete('d0')
  shard.live.delete('d9')
  const found = await gone([copyRound(shard, 0, 0, 9, () => false)], liveOf(shard))
  expect(found.map(one => one.id)).toEqual(['d0'])
})

test('more than memory should hold at once is spread over files, and those are gone afterwards', async () => {
  const shard = filled(250_000)
  const rounds = [copyRound(shard, 0, 0, 249_999, () => false)]
  for (let n = 0; n < 250_000; n++) if (n % 10 !== 0) shard.live.delete(`d${n}`)
  const found = new Set((await gone(rounds, liveOf(shard))).map(one => one.id))
  expect(found.size).toBe(225_000)
  expect(found.has('d7')).toBe(true)
  expect(found.has('d10')).toBe(false)
  expect(readdirSync(folder)).not.toContain('comparing')
})

test('a manifest that is gone, damaged or another is told, not taken for an empty one', async () => {
  const shard = filled(20)
  const round = copyRound(shard, 0, 0, 19, () => false)
  shard.live.delete('d1')
  const file = join(
    folder,
    readdirSync(folder).find(name => name.startsWith('cities.r0.0'))!,
  )
  const whole = readFileSync(file)
  for (const spoilt of [whole.subarray(0, 20), Buffer.alloc(100)]) {
    writeFileSync(file, spoilt)
    await expect(gone([round], liveOf(shard))).rejects.toMatchObject({ code: 'manifest-unreadable' })
  }
  rmSync(file)
  await expect(gone([round], liveOf(shard))).rejects.toMatchObject({ code: 'manifest-unreadable' })
})

test('partitions that were settled without a manifest are known, unless they were empty', () => {
  const shard = filled(20)
  const round = copyRound(shard, 0, 0, 19, () => false)
  expect(allListed([round])).toBe(true)
  const [first] = round.partitions
  const without = (read: number) => new Map([...round.settled, [first!.id, settled(first!, { read })]])
  expect(allListed([{ ...round, settled: without(0) }])).toBe(true)
  expect(allListed([{ ...round, settled: without(5) }])).toBe(false)
})
