import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Partition, SeqNoRange } from '../model/documents.ts'
import type { RoundOpened, ShardMark } from '../model/entries.ts'
import { mark, partition, settled } from './sample-entries.test-part.ts'
import { Unconfirmed } from './unconfirmed.ts'

function at(upTo: number, maxSeqNo = upTo, primary = 'term 1'): ShardMark {
  return { ...mark(upTo), maxSeqNo, primary }
}

function opened(
  round: number,
  shards: readonly ShardMark[],
  partitions: readonly Partition[],
  again?: SeqNoRange[],
): RoundOpened {
  return { type: 'round-opened', index: 'cities', round, shards, partitions, ...(again ? { again } : {}) }
}

function range(from: number, to: number): SeqNoRange {
  return { by: 'seq-no', shard: 0, from, to }
}

const [low, high] = [partition('cities', 0, 49), partition('cities', 50, 99)]

/** Round 0 up to 99, while 105 is the highest number that was given out; both partitions are settled. */
function bulkCopied(): Unconfirmed {
  const index = new Unconfirmed()
  index.opened(opened(0, [at(99, 105)], [low, high]), 1)
  index.settled(settled(low), 1, 2)
  index.settled(settled(high), 1, 3)
  return index
}

test('while the primary stays the same nothing is read again', () => {
  expect(bulkCopied().toReadAgain([at(99, 105)])).toEqual([])
  expect(bulkCopied().toReadAgain([at(200)])).toEqual([])
})

test('what was read is read again when the primary changed before the checkpoint had passed all that the search can have seen', () => {
  expect(bulkCopied().toReadAgain([at(99, 99, 'term 2')])).toEqual([range(0, 99)])
})

test('a look with the checkpoint at the highest number confirms what was settled before it', () => {
  const index = bulkCopied()
  index.observed([at(105)], 3, 4)
  expect(index.toReadAgain([at(105, 105, 'term 2')])).toEqual([])
})

test('a look that finds operations above the checkpoint confirms nothing until the checkpoint has passed them', () => {
  const index = bulkCopied()
  index.observed([at(105, 120)], 3, 4)
  expect(index.toReadAgain([at(105, 105, 'term 2')])).toEqual([range(0, 99)])
  index.observed([at(119, 130)], 4, 5)
  expect(index.toReadAgain([at(119, 119, 'term 2')])).toEqual([range(0, 99)])
  index.observed([at(120, 140)], 5, 6)
  expect(index.toReadAgain([at(120, 120, 'term 2')])).toEqual([])
})

test('a round whose marks agree with the next is in doubt all the same while its operations are under way', () => {
  const index = bulkCopied()
  const third = partition('cities', 100, 102, 1)
  index.opened(opened(1, [at(102, 105)], [third]), 5)
  index.settled(settled(third), 5, 6)
  expect(index.toReadAgain([at(102, 102, 'term 2')])).toEqual([range(0, 102)])
})

test('only what was settled before a look began is confirmed by it', () => {
  const index = new Unconfirmed()
  index.opened(opened(0, [at(99)], [low, high]), 1)
  index.settled(settled(low), 1, 2)
  index.settled(settled(high), 1, 3)
  index.observed([at(99)], 2, 4)
  expect(index.toReadAgain([at(99, 99, 'term 2')])).toEqual([range(50, 99)])
})

test('a change of primary that is seen while a round is under way leaves what was begun before it in doubt, and nothing else', () => {
  const index = new Unconfirmed()
  const [first, second, third] = [partition('cities', 0, 9), partition('cities', 10, 19), partition('cities', 20, 29)]
  index.opened(opened(0, [at(29, 40)], [first, second, third]), 1)
  index.settled(settled(first), 1, 2)
  index.observed([at(29, 29, 'term 2')], 2, 3)
  index.settled(settled(second), 1, 4)
  index.settled(settled(third), 3, 5)
  expect(index.toReadAgain([at(29, 29, 'term 2')])).toEqual([range(0, 19)])
})

test('numbers that were counted and found empty are in doubt as if they had been read', () => {
  const index = new Unconfirmed()
  index.opened(opened(0, [at(99, 105)], [partition('cities', 10, 39), partition('cities', 60, 89)]), 1)
  expect(index.toReadAgain([at(99, 99, 'term 2')])).toEqual([range(0, 9), range(40, 59), range(90, 99)])
})

test('a round that reads again what was in doubt settles the doubt, and may be in doubt itself', () => {
  const index = bulkCopied()
  const again = partition('cities', 0, 99, 1)
  index.opened(opened(1, [at(101, 110, 'term 2')], [again], [range(0, 99)]), 4)
  expect(index.toReadAgain([at(101, 110, 'term 2')])).toEqual([])
  index.settled(settled(again), 4, 5)
  expect(index.toReadAgain([at(101, 110, 'term 2')])).toEqual([])
  expect(index.toReadAgain([at(101, 110, 'term 3')])).toEqual([range(0, 101)])
})

test('shards are in doubt each for itself', () => {
  const other = { ...at(9, 12), shard: 1 }
  const index = new Unconfirmed()
  index.opened(opened(0, [at(9, 12), other], [partition('cities', 0, 9)]), 1)
  index.settled(settled(partition('cities', 0, 9)), 1, 2)
  const now = [at(9), { ...at(9, 9, 'term 2'), shard: 1 }]
  expect(index.toReadAgain(now)).toEqual([{ ...range(0, 9), shard: 1 }])
})

test('where the source never tells its primaries, or a journal is of an earlier version, nothing is read again', () => {
  const index = new Unconfirmed()
  index.opened(opened(0, [mark(99)], [low]), 1)
  index.settled(settled(low), undefined, 2)
  expect(index.toReadAgain([mark(99)])).toEqual([])
})

/**
 * A shard as a server keeps it: operations on few documents, a checkpoint that follows behind, changes of primary that roll
 * back what lies above it. Rounds read it in pieces, at any moment.
 */
test('whatever the order of writes, reads, looks and changes of primary, in the end no document was overlooked', () => {
  const events = ['write', 'write', 'write', 'sync', 'sync-some', 'fail-over', 'hand-out', 'hand-out', 'settle', 'settle', 'look']
  const event = fc.constantFrom(...events)
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(3)), { minLength: 20, maxLength: 60 }), events => {
      let log: number[] = []
      let synced = 0
      let term = 1
      let number = 0
      const target = new Map<number, number>()
      const index = new Unconfirmed()
      const live = (): Map<number, number> => new Map(log.map((doc, seqNo) => [doc, seqNo]))
      const stand = (): ShardMark => at(synced - 1, log.length - 1, `term ${term}`)
      const read = ({ from, to }: SeqNoRange): void => {
        for (const [doc, seqNo] of live())
          if (seqNo >= from && seqNo <= to) target.set(doc, Math.max(seqNo, target.get(doc) ?? -1))
      }
      let round = -1
      let upTo = -1
      let pending: Partition[] = []
      const running: { partition: Partition; begun: number }[] = []
      const next = (): boolean => {
        const again = index.toReadAgain([stand()])
        const shard = { ...stand(), upTo: Math.max(upTo, synced - 1) }
        if (again.length === 0 && shard.upTo === upTo) return false
        const ranges = [...again, ...(shard.upTo > upTo ? [range(upTo + 1, shard.upTo)] : [])]
        const cut = ranges.flatMap(({ from, to }) => {
          const middle = Math.floor((from + to) / 2)
          return middle < to ? [range(from, middle), range(middle + 1, to)] : [range(from, to)]
        })
        // Found empty: left out.
        const full = cut.filter(({ from, to }) => [...live().values()].some(seqNo => seqNo >= from && seqNo <= to))
        round++
        pending = full.map(({ from, to }) => partition('cities', from, to, round))
        index.opened(opened(round, [shard], pending, [...again]), ++number)
        upTo = shard.upTo
        return true
      }
      const settle = (): void => {
        const one = running.shift()
        if (one) index.settled(settled(one.partition), one.begun, ++number)
      }
      const handOut = (): void => {
        const one = pending.shift()
        if (!one) return
        running.push({ partition: one, begun: number })
        // Searches are opened at once, settled later.
        read(one.range as SeqNoRange)
      }
      for (const [what, doc] of events) {
        if (what === 'write') log.push(doc)
        else if (what === 'sync') synced = log.length
        else if (what === 'sync-some') synced += Math.min(1, log.length - synced)
        else if (what === 'fail-over') {
          log = log.slice(0, synced)
          term++
        } else if (what === 'hand-out') {
          if (pending.length === 0 && running.length === 0) next()
          handOut()
        } else if (what === 'settle') settle()
        else if (round >= 0) index.observed(index.worth([stand()]), number, ++number)
      }
      synced = log.length
      do {
        while (pending.length > 0) handOut()
        while (running.length > 0) settle()
      } while (next())
      expect(target).toEqual(live())
    }),
    { numRuns: 10_000 },
  )
})

test('a look tells nothing of shards of which nothing is left to confirm, and is not kept of them', () => {
  const index = new Unconfirmed()
  const shards = Array.from({ length: 1_000 }, (_, shard) => ({ ...at(9, 9), shard }))
  const read = { ...partition('cities', 0, 9), range: { ...range(0, 9), shard: 7 } }
  index.opened(opened(0, shards, [read]), 1)
  index.observed(shards, 1, 2)
  expect(index.worth(shards)).toEqual([])
  index.settled(settled(read), 1, 3)
  expect(index.worth(shards)).toEqual([shards[7]])
  expect(index.worth([{ ...at(9, 9, 'term 2'), shard: 3 }])).toHaveLength(1)
})

test('a round of very many shards and partitions is taken up as fast as it has parts', () => {
  const index = new Unconfirmed()
  const shards = Array.from({ length: 1_024 }, (_, shard) => ({ ...at(9_999, 9_999), shard }))
  const partitions = shards.flatMap(({ shard }) =>
    Array.from({ length: 100 }, (_, n) => ({
      ...partition('cities', 0, 0),
      id: `${shard}.${n}`,
      range: { by: 'seq-no' as const, shard, from: 100 * n, to: 100 * n + 98 },
    })),
  )
  index.opened(opened(0, shards, partitions), 1)
  expect(index.toReadAgain([{ ...at(9_999, 9_999, 'term 2'), shard: 5 }])).toHaveLength(100)
})

test('a band is in doubt on every shard that it reaches, as far as the marks, and is settled as one', () => {
  const index = new Unconfirmed()
  const onShard = (shard: number, mark: ShardMark): ShardMark => ({ ...mark, shard })
  const band: Partition = { ...low, id: 'band', range: { by: 'seq-no-band', from: 0, to: 99 } }
  index.opened(opened(0, [onShard(0, at(99, 105)), onShard(1, at(60, 61))], [band]), 1)
  index.settled(settled(band), 1, 2)
  expect(index.toReadAgain([onShard(0, at(99, 99, 'term 2')), onShard(1, at(60, 60, 'term 2'))])).toEqual([
    range(0, 99),
    { by: 'seq-no', shard: 1, from: 0, to: 60 },
  ])
  expect(index.toReadAgain([onShard(0, at(99, 105)), onShard(1, at(60, 60, 'term 2'))])).toEqual([
    { by: 'seq-no', shard: 1, from: 0, to: 60 },
  ])
})
