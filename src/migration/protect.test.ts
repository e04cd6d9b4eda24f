import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { PressureProbe } from '../cluster/pressure.ts'
import { Latencies } from '../flow/latency.ts'
import type { Reading } from '../flow/pressure-reading.ts'
import { readingsOf } from '../flow/sample-readings.test-part.ts'
import type { Happening } from '../flow/sample-readings.test-part.ts'
import { AdaptiveThrottler } from '../flow/throttler.ts'
import { protect } from './protect.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A source to which things happen, and a job that moves something all the time, or never. */
function protecting(more: { windows?: readonly string[]; pauseFile?: string; moves?: boolean } = {}) {
  const { windows = [], pauseFile, moves = true } = more
  const world = {
    now: () => Date.now(),
    minuteOfDay: () => minute,
    random: () => 1,
    reached: () => undefined,
    sleep: () => Promise.resolve(),
  }
  let minute = 12 * 60
  let happening: Happening | 'fails' = {}
  let looks = 0
  const reading = readingsOf()
  const probe: PressureProbe = {
    side: 'source',
    mayLook: true,
    read: async (): Promise<Reading> => {
      looks++
      if (happening === 'fails') throw new Error('nothing answers')
      return reading(happening)
    },
  }
  const throttler = new AdaptiveThrottler(world, { maxWidth: 4, docsPerSecond: 0, windows })
  const protection = protect({ probes: [probe], readLatencies: new Latencies(), throttler, pauseFile, world })
  const ends = protection.begin()
  onTestFinished(() => ends[Symbol.dispose]())
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      if (moves) void throttler.enter(1, 1, new AbortController().signal).then(leave => leave())
      await vi.advanceTimersByTimeAsync(Math.min(500, left))
    }
  }
  return {
    throttler,
    ends,
    pass,
    setClock: (time: number) => (minute = time),
    let: (next: Happening | 'fails') => (happening = next),
    looks: () => looks,
  }
}

test('outside of its windows a job rests and says until when, and goes on by itself', async () => {
  const { throttler, pass, setClock } = protecting({ windows: ['22:00-06:00'] })
  expect(throttler).toMatchObject({ pausedBy: 'window', reason: 'outside of 22:00-06:00; goes on at 22:00' })
  setClock(22 * 60)
  await pass(1_000)
  expect(throttler).toMatchObject({ paused: false, reason: '' })
  throttler.obey({ what: 'throttle', windows: ['23:00-24:00', '03:00-04:00'] })
  await pass(1_000)
  expect(throttler.reason).toBe('outside of 23:00-24:00, 03:00-04:00; goes on at 23:00')
  throttler.obey({ what: 'throttle', windows: [] })
  await pass(1_000)
  expect(throttler.paused).toBe(false)
})

test('while the pause file is there a job rests', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const pauseFile = join(folder, 'pause')
  const { throttler, pass } = protecting({ pauseFile })
  expect(throttler.paused).toBe(false)
  writeFileSync(pauseFile, '')
  await pass(1_000)
  expect(throttler).toMatchObject({ pausedBy: 'file', reason: `${pauseFile} exists; goes on when it is gone` })
  rmSync(pauseFile)
  await pass(1_000)
  expect(throttler.paused).toBe(false)
})

test('under pressure the width narrows with its reason and below one it says how long it rests; then it widens again', async () => {
  const run = protecting()
  await run.pass(2_000)
  expect(run.throttler).toMatchObject({ width: 4, reason: '' })
  run.let({ rejected: 1 })
  await run.pass(2_000)
  expect(run.throttler).toMatchObject({ width: 2, reason: "the source's node n1 rejects searches" })
  await run.pass(10_000)
  expect(run.throttler).toMatchObject({
    width: 1,
    reason: "the source's node n1 rejects searches; rests 88% of the time",
  })
  run.let({})
  await run.pass(14_000)
  expect(run.throttler).toMatchObject({ width: 4, reason: '' })
})

test('others who search as the job begins are met with little, which grows while they do not notice', async () => {
  const run = protecting()
  run.let({ searches: 80, ms: 5 })
  await run.pass(1_000)
  expect(run.throttler).toMatchObject({ width: 1, reason: 'others search on the source; rests 88% of the time' })
  await run.pass(22_000)
  expect(run.throttler).toMatchObject({ width: 4, reason: '' })
})

test('a look that fails changes nothing, and a cluster that never answers does not hold a job for good', async () => {
  const run = protecting()
  await run.pass(1_000)
  run.let({ rejected: 1 })
  await run.pass(1_000)
  expect(run.throttler.width).toBe(2)
  run.let('fails')
  await run.pass(8_000)
  expect(run.throttler.width).toBe(2)
  await run.pass(20_000)
  expect(run.throttler.width).toBe(4)
})

test('while nothing is moved it is hardly looked', async () => {
  const run = protecting({ moves: false })
  await run.pass(120_000)
  expect(run.looks()).toBeLessThanOrEqual(6)
})

test('when the job ends nothing is looked at any more', async () => {
  const run = protecting()
  await run.pass(2_000)
  run.ends[Symbol.dispose]()
  const looks = run.looks()
  await run.pass(60_000)
  expect([run.looks(), vi.getTimerCount()]).toEqual([looks, 0])
})
