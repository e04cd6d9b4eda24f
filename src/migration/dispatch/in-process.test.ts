import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdaptiveThrottler } from '../../flow/throttler.ts'
import { never, turn, virtualWorld } from '../../flow/virtual-world.test-part.ts'
import { indexTask, partition, settled } from '../../journal/sample-entries.test-part.ts'
import type { Settled } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { Work } from '../../model/ports.ts'
import { inProcessDispatcher } from './in-process.ts'

const task = indexTask('cities')
const giveUpAfterMs = 60_000

function works(count: number): Work[] {
  return Array.from({ length: count }, (_, i) => ({ task, partition: partition('cities', 10 * i, 10 * i + 9) }))
}

function stream(list: readonly Work[]): () => AsyncIterable<Work> {
  return async function* () {
    yield* list
  }
}

type Move = (work: Work, attempt: number, signal: AbortSignal) => Promise<Settled>

function dispatch(move: Move, readers = 3) {
  const world = virtualWorld({ restless: true })
  const throttler = new AdaptiveThrottler(world, { maxWidth: 8, docsPerSecond: 0 })
  const begun: string[] = []
  let running = 0
  let mostRunning = 0
  const watched: Move = async (work, attempt, signal) => {
    begun.push(work.partition.id)
    mostRunning = Math.max(mostRunning, ++running)
    try {
      return await move(work, attempt, signal)
    } finally {
      running--
    }
  }
  const dispatcher = inProcessDispatcher(watched, world, throttler, { readers, giveUpAfterMs })
  return {
    world,
    throttler,
    begun,
    running: () => running,
    mostRunning: () => mostRunning,
    run: async (work: (signal: AbortSignal) => AsyncIterable<Work>, signal = never): Promise<string[]> => {
      const ids: string[] = []
      for await (const one of dispatcher.run(work, signal)) ids.push(one.partition)
      return ids
    },
    dispatcher,
  }
}

function idsOf(list: readonly Work[]): string[] {
  return list.map(work => work.partition.id)
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

test('every partition is settled, in the order in which they end, with no more at once than readers', async () => {
  const list = works(7)
  const gates = new Map(list.map(work => [work.partition.id, Promise.withResolvers<void>()]))
  const { run, mostRunning, begun } = dispatch(async work => {
    await gates.get(work.partition.id)!.promise
    return settled(work.partition)
  })
  const result = run(stream(list))
  const expected: string[] = []
  await turn()
  while (expected.length < list.length) {
    const last = begun.filter(id => !expected.includes(id)).at(-1)!
    gates.get(last)!.resolve()
    expected.push(last)
    await turn()
  }
  expect(await result).toEqual(expected)
  expect(mostRunning()).toBe(3)
})

test('partitions that end at the same moment are all handed on', async () => {
  const list = works(6)
  const gate = Promise.withResolvers<void>()
  const { run } = dispatch(async work => {
    await gate.promise
    return settled(work.partition)
  }, 6)
  const result = run(stream(list))
  await turn()
  gate.resolve()
  expect((await result).toSorted()).toEqual(idsOf(list).toSorted())
})

test('partitions that end while the consumer is busy with another are all handed on', async () => {
  const list = works(6)
  const { dispatcher } = dispatch(work => Promise.resolve(settled(work.partition)), 2)
  const ids: string[] = []
  for await (const one of dispatcher.run(stream(list), never)) {
    ids.push(one.partition)
    await turn()
  }
  expect(ids.toSorted()).toEqual(idsOf(list).toSorted())
})

test('a partition whose page or scroll was lost is moved again from its start, and is settled with its attempts', async () => {
  const { run, throttler, world } = dispatch(async (work, attempt) => {
    if (attempt < 3) throw new ShardferryError('cursor-lost', 'lost', { recovery: 'redo' })
    return { ...settled(work.partition), attempts: attempt }
  })
  expect(await run(stream(works(1)))).toEqual(idsOf(works(1)))
  expect(throttler.width).toBe(8)
  expect(world.naps.every(ms => ms <= 50)).toBe(true)
})

test('a cluster that does not answer is given time, and the width goes down', async () => {
  const { run, throttler, world } = dispatch(async (work, attempt) => {
    if (attempt < 4) throw new ShardferryError('unavailable', 'no answer', { recovery: 'retry' })
    return settled(work.partition)
  })
  await run(stream(works(1)))
  expect(throttler.width).toBeLessThan(8)
  expect(world.naps).toEqual([500, 1_000, 2_000])
})

test('a partition that fails again and again stops the run with the last reason', async () => {
  const { run, begun } = dispatch(() =>
    Promise.reject(new ShardferryError('response-partial', 'a shard failed', { recovery: 'redo' })),
  )
  await expect(run(stream(works(1)))).rejects.toMatchObject({
    code: 'retries-spent',
    message: expect.stringContaining('a shard failed') as string,
  })
  expect(begun.length).toBeGreaterThan(4)
})

test('a partition that took long before it failed, such as one that was paused, is still moved again', async () => {
  const { run, world } = dispatch(async (work, attempt) => {
    if (attempt <= 3) {
      await world.sleep(10 * giveUpAfterMs, never)
      throw new ShardferryError('cursor-lost', 'the scroll expired', { recovery: 'redo' })
    }
    return settled(work.partition)
  })
  expect(await run(stream(works(1)))).toEqual(idsOf(works(1)))
})

test('an error for good stops the others, leaves nothing running, and is the one that is thrown', async () => {
  const list = works(9)
  const failure = new ShardferryError('forbidden', 'no privilege')
  const stopped: string[] = []
  const { run, running, begun } = dispatch(async (work, _, signal) => {
    if (work.partition.id === list[1]!.partition.id) throw failure
    try {
      return await untilAborted(signal)
    } finally {
      await turn()
      stopped.push(work.partition.id)
    }
  })
  await expect(run(stream(list))).rejects.toBe(failure)
  expect(running()).toBe(0)
  expect(stopped.length).toBe(begun.length - 1)
  expect(begun.length).toBeLessThan(list.length)
})

test('an error of whoever hands out the work stops the run in the same way', async () => {
  const failure = new ShardferryError('unavailable', 'cannot be cut')
  async function* work(): AsyncIterable<Work> {
    yield* works(2)
    throw failure
  }
  const { run, running } = dispatch((_work, _attempt, signal) => untilAborted(signal))
  await expect(run(work)).rejects.toBe(failure)
  expect(running()).toBe(0)
})

test('when a partition fails for good, the work that is being made ready is waited for, and not left behind', async () => {
  const failure = new ShardferryError('forbidden', 'no privilege')
  const gate = Promise.withResolvers<void>()
  let closed = false
  async function* work(): AsyncIterable<Work> {
    try {
      yield* works(1)
      await gate.promise
      yield* works(2).slice(1)
    } finally {
      closed = true
    }
  }
  const { run, begun } = dispatch(() => Promise.reject(failure))
  let thrown: unknown
  const result = run(work).catch((reason: unknown) => (thrown = reason))
  await turn()
  expect(thrown).toBeUndefined()
  gate.resolve()
  await result
  expect([thrown, closed, begun.length]).toEqual([failure, true, 1])
})

test('when a partition fails for good, a round that is being opened is not waited for', async () => {
  const failure = new ShardferryError('unsupported', 'no _source')
  const gate = Promise.withResolvers<void>()
  let closed = false
  async function* work(signal: AbortSignal): AsyncIterable<Work> {
    try {
      yield works(1)[0]!
      await untilAborted(signal)
    } finally {
      closed = true
    }
  }
  const { run } = dispatch(async () => {
    await gate.promise
    throw failure
  })
  const result = run(work)
  result.catch(() => undefined)
  await turn()
  gate.resolve()
  await expect(result).rejects.toBe(failure)
  expect(closed).toBe(true)
})

test('an abort ends the run with the reason it was given, and nothing is left running', async () => {
  const stop = new AbortController()
  const { run, running } = dispatch((_work, _attempt, signal) => untilAborted(signal))
  const result = run(stream(works(5)), stop.signal)
  result.catch(() => undefined)
  await turn()
  expect(running()).toBe(3)
  stop.abort(new ShardferryError('stopped', 'Stopped by Ctrl-C.'))
  await expect(result).rejects.toMatchObject({ code: 'stopped' })
  expect(running()).toBe(0)
})

test('an abort while a partition waits for its next attempt ends the run', async () => {
  const stop = new AbortController()
  const { run } = dispatch(() => {
    stop.abort(new ShardferryError('stopped', 'Stopped by Ctrl-C.'))
    return Promise.reject(new ShardferryError('unavailable', 'no answer', { recovery: 'retry' }))
  })
  await expect(run(stream(works(1)), stop.signal)).rejects.toBeInstanceOf(Error)
})

test('a consumer that stops early, as when the journal cannot be written, leaves nothing running', async () => {
  const list = works(6)
  const { dispatcher, running } = dispatch((work, _, signal) =>
    work.partition.id === list[0]!.partition.id ? Promise.resolve(settled(work.partition)) : untilAborted(signal),
  )
  const consume = async (): Promise<void> => {
    for await (const one of dispatcher.run(stream(list), never)) throw new Error(`cannot journal ${one.partition}`)
  }
  await expect(consume()).rejects.toThrow('cannot journal')
  expect(running()).toBe(0)
})

type Fate = 'well' | 'redo' | 'retry' | 'fatal' | 'fault'
const fate = fc.constantFrom<Fate>('well', 'well', 'well', 'well', 'redo', 'retry', 'redo', 'retry', 'fatal', 'fault')

test('whatever fails and however long each takes, every partition is settled exactly once or the run throws', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.record({ fates: fc.array(fate, { maxLength: 3 }), turns: fc.nat(3) }), { maxLength: 12 }),
      fc.nat(2),
      async (readers, plans, consumerTurns) => {
        const list = works(plans.length)
        const { dispatcher, running } = dispatch(async (work, attempt) => {
          const { fates, turns } = plans[list.indexOf(work)]!
          for (let i = 0; i < turns; i++) await turn()
          const next = fates[attempt - 1] ?? 'well'
          if (next === 'fault') throw new TypeError('a fault')
          if (next !== 'well') throw new ShardferryError('unavailable', next, { recovery: next })
          return { ...settled(work.partition), attempts: attempt }
        }, readers)
        const ids: string[] = []
        let thrown: unknown
        try {
          for await (const one of dispatcher.run(stream(list), never)) {
            ids.push(one.partition)
            for (let i = 0; i < consumerTurns; i++) await turn()
          }
        } catch (reason) {
          thrown = reason
        }
        expect(running()).toBe(0)
        expect(new Set(ids).size).toBe(ids.length)
        const doomed = plans.some(({ fates }) => {
          const end = fates.findIndex(one => one === 'fatal' || one === 'fault' || one === 'well')
          return end >= 0 && fates[end] !== 'well'
        })
        expect(thrown !== undefined).toBe(doomed)
        if (!doomed) expect(ids.toSorted()).toEqual(idsOf(list).toSorted())
      },
    ),
    { numRuns: 200 },
  )
})
