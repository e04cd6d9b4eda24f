import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { journalOf } from '../journal/list-journal.test-part.ts'
import type { ListJournal } from '../journal/list-journal.test-part.ts'
import { holder } from '../journal/sample-entries.test-part.ts'
import type { Ask } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Throttler } from '../model/ports.ts'
import { obeyAsks } from './control.ts'
import { Memory } from './memory.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function following(journal: ListJournal): { readonly obeyed: readonly Ask[]; readonly asks: ReturnType<typeof obeyAsks> } {
  const obeyed: Ask[] = []
  const throttler: Throttler = {
    width: 1,
    maxWidth: 1,
    reason: '',
    paused: false,
    pausedBy: undefined,
    docsPerSecond: 0,
    bytesPerSecond: 0,
    enter: () => Promise.resolve(() => undefined),
    observe: () => undefined,
    hurry: () => ({ [Symbol.dispose]: () => undefined }),
    obey: ask => void obeyed.push(ask),
  }
  return { obeyed, asks: obeyAsks({ memory: new Memory(journal), throttler }) }
}

const pause: Ask = { what: 'pause', reason: 'lunch' }

test('what another terminal asks is followed within a second, once, and in order', () => {
  const journal = journalOf()
  const { obeyed, asks } = following(journal)
  using _ = asks
  journal.append({ type: 'asked', ask: pause })
  journal.append({ type: 'asked', ask: { what: 'throttle', width: 2 } })
  expect(obeyed).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(obeyed).toEqual([pause, { what: 'throttle', width: 2 }])
  vi.advanceTimersByTime(10_000)
  expect(obeyed.length).toBe(2)
  expect(asks.cancelled.aborted).toBe(false)
})

test('a pace that was asked for in an earlier run still holds, a pause or a cancel does not', () => {
  const journal = journalOf([
    { type: 'asked', ask: { what: 'throttle', width: 3 } },
    { type: 'asked', ask: { what: 'throttle', docsPerSecond: 50 } },
    { type: 'asked', ask: pause },
    { type: 'asked', ask: { what: 'cancel' } },
    { type: 'started', holder },
  ])
  const { obeyed, asks } = following(journal)
  using _ = asks
  vi.advanceTimersByTime(1_000)
  expect(obeyed).toEqual([{ what: 'throttle', width: 3, docsPerSecond: 50 }])
  expect(asks.cancelled.aborted).toBe(false)
})

test('a cancel stops the run, and says how to go on', () => {
  const journal = journalOf()
  const { asks } = following(journal)
  using _ = asks
  journal.append({ type: 'asked', ask: { what: 'cancel' } })
  vi.advanceTimersByTime(1_000)
  expect(asks.cancelled.reason).toMatchObject({ code: 'stopped', hint: expect.stringContaining('same command') as string })
})

test('a journal that can no longer be read stops the run with its own error', () => {
  const journal = journalOf()
  const { asks } = following(journal)
  using _ = asks
  const broken = new ShardferryError('state-unwritable', 'the disk is gone')
  journal.entries = () => {
    throw broken
  }
  vi.advanceTimersByTime(1_000)
  expect(asks.cancelled.reason).toBe(broken)
})

test('when the run is over nothing is followed any more', () => {
  const journal = journalOf()
  const { obeyed, asks } = following(journal)
  asks[Symbol.dispose]()
  journal.append({ type: 'asked', ask: pause })
  vi.advanceTimersByTime(5_000)
  expect([obeyed, vi.getTimerCount()]).toEqual([[], 0])
})
