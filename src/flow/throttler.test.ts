import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdaptiveThrottler } from './throttler.ts'
import { never, turn, virtualWorld } from './virtual-world.test-part.ts'
import type { VirtualWorld } from './virtual-world.test-part.ts'

/** Counts who is inside; `leave` lets the one who came first go. */
function crowd(throttler: AdaptiveThrottler): {
  enter(docs?: number, signal?: AbortSignal, bytes?: number): void
  leave(): void
  inside: number
  entered: number
  turnedAway: number
} {
  const leaving: (() => void)[] = []
  const crowd = {
    inside: 0,
    entered: 0,
    turnedAway: 0,
    enter: (docs = 1, signal = never, bytes = 0) => {
      const come = async (): Promise<void> => {
        leaving.push(await throttler.enter(docs, bytes, signal))
        crowd.inside++
        crowd.entered++
      }
      come().catch(() => crowd.turnedAway++)
    },
    leave: () => {
      const leave = leaving.shift()
      if (!leave) return
      crowd.inside--
      leave()
    },
  }
  return crowd
}

function throttle(maxWidth: number, docsPerSecond = 0, world: VirtualWorld = virtualWorld()) {
  const throttler = new AdaptiveThrottler(world, { maxWidth, docsPerSecond })
  return { world, throttler, crowd: crowd(throttler) }
}

/** Rejections, each in a storm of its own. */
async function storms(world: VirtualWorld, throttler: AdaptiveThrottler, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    throttler.observe('rejected', 'queue full')
    await world.advance(2_000)
  }
}

test('there are never more inside than the width, and whoever leaves makes room for one', async () => {
  const { crowd } = throttle(3)
  for (let i = 0; i < 5; i++) crowd.enter()
  await turn()
  expect(crowd.inside).toBe(3)
  crowd.leave()
  await turn()
  expect(crowd).toMatchObject({ inside: 3, entered: 4 })
})

test('a place given back twice is one place', async () => {
  const { throttler, crowd } = throttle(1)
  const leave = await throttler.enter(1, 0, never)
  leave()
  leave()
  crowd.enter()
  crowd.enter()
  await turn()
  expect(crowd.inside).toBe(1)
})

test('a storm of rejections halves the width once, the next storm again, and it never falls below one', async () => {
  const { world, throttler } = throttle(8)
  for (let i = 0; i < 20; i++) throttler.observe('rejected', 'queue full')
  expect(throttler).toMatchObject({ width: 4, reason: 'queue full' })
  await world.advance(1_000)
  throttler.observe('rejected', 'breaker')
  expect(throttler).toMatchObject({ width: 2, reason: 'breaker' })
  await storms(world, throttler, 5)
  expect(throttler.width).toBe(1)
})

test('the width widens by one after a run of accepted requests, up to the full width, and then has no reason', async () => {
  const { world, throttler } = throttle(4)
  await storms(world, throttler, 2)
  const widths = Array.from({ length: 36 }, () => {
    throttler.observe('accepted')
    return throttler.width
  })
  expect([widths[10], widths[11], widths[23], widths[35]]).toEqual([1, 2, 3, 4])
  expect(throttler.reason).toBe('')
})

test('a rejection among accepted requests starts the run anew', async () => {
  const { world, throttler } = throttle(2)
  await storms(world, throttler, 1)
  for (let i = 0; i < 11; i++) throttler.observe('accepted')
  await storms(world, throttler, 1)
  for (let i = 0; i < 11; i++) throttler.observe('accepted')
  expect(throttler.width).toBe(1)
})

test('who waits is let in when the width widens', async () => {
  const { world, throttler, crowd } = throttle(2)
  await storms(world, throttler, 1)
  crowd.enter()
  crowd.enter()
  await turn()
  expect(crowd.inside).toBe(1)
  for (let i = 0; i < 12; i++) throttler.observe('accepted')
  await turn()
  expect(crowd.inside).toBe(2)
})

test('pause lets nobody in and says why; resume lets in who waits', async () => {
  const { throttler, crowd } = throttle(2)
  throttler.obey({ what: 'pause', reason: 'lunch' })
  crowd.enter()
  await turn()
  expect(throttler).toMatchObject({ paused: true, reason: 'lunch' })
  expect(crowd.inside).toBe(0)
  throttler.obey({ what: 'resume' })
  await turn()
  expect(throttler).toMatchObject({ paused: false, reason: '' })
  expect(crowd.inside).toBe(1)
})

test('documents per second hold batches apart by their size', async () => {
  const { world, crowd } = throttle(8, 100)
  crowd.enter(100)
  crowd.enter(50)
  crowd.enter(10)
  await turn()
  expect(crowd.entered).toBe(1)
  await world.advance(999)
  expect(crowd.entered).toBe(1)
  await world.advance(1)
  expect(crowd.entered).toBe(2)
  await world.advance(499)
  expect(crowd.entered).toBe(2)
  await world.advance(1)
  expect(crowd.entered).toBe(3)
})

test('bytes per second hold batches apart too, and of both limits the tighter one holds', async () => {
  const world = virtualWorld()
  const throttler = new AdaptiveThrottler(world, { maxWidth: 8, docsPerSecond: 100, bytesPerSecond: 1_000 })
  const come = crowd(throttler)
  come.enter(10, never, 2_000)
  come.enter(100, never, 500)
  come.enter(1, never, 1)
  await turn()
  await world.advance(1_999)
  expect(come.entered).toBe(1)
  await world.advance(1)
  expect(come.entered).toBe(2)
  await world.advance(999)
  expect(come.entered).toBe(2)
  throttler.obey({ what: 'throttle', bytesPerSecond: 0 })
  expect([throttler.docsPerSecond, throttler.bytesPerSecond]).toEqual([100, 0])
  await turn()
  expect(come.entered).toBe(3)
})

test('pressure narrows the width, never below one, and gives it back', async () => {
  const { throttler, crowd } = throttle(4)
  for (let i = 0; i < 6; i++) crowd.enter()
  await turn()
  throttler.allow(2, 'searches wait')
  expect(throttler).toMatchObject({ width: 2, maxWidth: 4, reason: 'searches wait' })
  for (let i = 0; i < 3; i++) crowd.leave()
  await turn()
  expect(crowd.inside).toBe(2)
  throttler.allow(0.125, 'searches wait')
  expect(throttler.width).toBe(1)
  throttler.allow(Infinity, '')
  await turn()
  expect(throttler).toMatchObject({ width: 4, reason: '' })
  expect(crowd.inside).toBe(3)
})

test('of what the target takes and what pressure allows, the less holds, with its own reason', async () => {
  const { world, throttler } = throttle(8)
  await storms(world, throttler, 1)
  throttler.allow(5, 'searches wait')
  expect(throttler).toMatchObject({ width: 4, reason: 'queue full' })
  throttler.allow(2, 'searches wait')
  expect(throttler).toMatchObject({ width: 2, reason: 'searches wait' })
})

test('below one, the next comes in after a rest as long as the share asks for, but of five seconds at most', async () => {
  const { world, throttler, crowd } = throttle(4)
  throttler.allow(0.25, 'searches wait')
  for (let i = 0; i < 4; i++) crowd.enter()
  await turn()
  await world.advance(200)
  expect(crowd).toMatchObject({ inside: 1, entered: 1 })
  crowd.leave()
  await world.advance(599)
  expect(crowd.entered).toBe(1)
  await world.advance(1)
  expect(crowd.entered).toBe(2)
  await world.advance(60_000)
  crowd.leave()
  await world.advance(4_999)
  expect(crowd.entered).toBe(2)
  await world.advance(1)
  expect(crowd.entered).toBe(3)
  crowd.leave()
  throttler.allow(1, 'searches wait')
  await turn()
  expect(crowd.entered, 'a rest ends where one at once is allowed again').toBe(4)
})

test('who rests for several reasons goes on when the last of them is gone, and tells who wants it first', async () => {
  const { throttler, crowd } = throttle(2)
  throttler.rest('window', 'outside of 22:00-06:00')
  throttler.rest('file', 'stop exists')
  throttler.obey({ what: 'pause', reason: 'lunch' })
  crowd.enter()
  await turn()
  const seen = []
  for (const by of ['asked', 'file', 'window'] as const) {
    seen.push([throttler.pausedBy, throttler.reason, crowd.inside])
    throttler.rest(by, undefined)
  }
  await turn()
  expect(seen).toEqual([
    ['asked', 'lunch', 0],
    ['file', 'stop exists', 0],
    ['window', 'outside of 22:00-06:00', 0],
  ])
  expect(throttler).toMatchObject({ paused: false, pausedBy: undefined, reason: '' })
  expect(crowd.inside).toBe(1)
})

test('in a hurry neither limit nor pressure nor window holds anybody, but a pause and what the target takes do; then all hold again', async () => {
  const { world, throttler, crowd } = throttle(4, 1)
  throttler.allow(0.125, 'searches wait')
  throttler.rest('window', 'outside of 22:00-06:00')
  for (let i = 0; i < 9; i++) crowd.enter(100)
  await turn()
  expect(crowd.inside).toBe(0)
  const hurry = throttler.hurry()
  await turn()
  expect(throttler).toMatchObject({ width: 4, reason: '', paused: false })
  expect(crowd.inside).toBe(4)
  await storms(world, throttler, 1)
  expect(throttler.width).toBe(2)
  throttler.obey({ what: 'pause', reason: 'lunch' })
  expect(throttler).toMatchObject({ pausedBy: 'asked', reason: 'lunch' })
  throttler.obey({ what: 'resume' })
  hurry[Symbol.dispose]()
  expect(throttler).toMatchObject({ width: 1, paused: true, reason: 'outside of 22:00-06:00' })
})

test('a changed rate or width holds from now on, for those who wait too', async () => {
  const { world, throttler, crowd } = throttle(2, 1)
  for (let i = 0; i < 4; i++) crowd.enter(100)
  await turn()
  expect(crowd.entered).toBe(1)
  throttler.obey({ what: 'throttle', docsPerSecond: 100 })
  await turn()
  expect(crowd.inside).toBe(2)
  throttler.obey({ what: 'throttle', width: 4, docsPerSecond: 0 })
  await turn()
  expect(crowd.inside).toBe(4)
  expect([throttler.width, throttler.maxWidth]).toEqual([4, 4])
  expect(world.sleeping).toBe(0)
})

test('a width below one is one: a throttle slows down, it does not stop', async () => {
  const { throttler, crowd } = throttle(4)
  throttler.obey({ what: 'throttle', width: 0 })
  crowd.enter()
  await turn()
  expect([throttler.width, throttler.maxWidth]).toEqual([1, 1])
  expect(crowd.inside).toBe(1)
})

test('who is aborted while waiting leaves the queue, and takes no place', async () => {
  const { throttler, crowd } = throttle(1)
  const stop = new AbortController()
  crowd.enter()
  crowd.enter(1, stop.signal)
  crowd.enter()
  await turn()
  stop.abort(new Error('stopped'))
  crowd.leave()
  await turn()
  expect(crowd).toMatchObject({ inside: 1, entered: 2, turnedAway: 1 })
  await expect(throttler.enter(1, 0, stop.signal)).rejects.toThrow('stopped')
})

test('when the last one who waited for the rate is aborted, no timer is left that would keep the process', async () => {
  const { world, crowd } = throttle(4, 1)
  const stop = new AbortController()
  crowd.enter(1_000)
  crowd.enter(1_000, stop.signal)
  await turn()
  expect(world.sleeping).toBe(1)
  stop.abort(new Error('stopped'))
  await turn()
  expect(world.sleeping).toBe(0)
})

type Command =
  | { readonly do: 'enter'; readonly docs: number; readonly abortable: boolean }
  | { readonly do: 'leave' | 'abort' | 'accepted' | 'rejected' | 'pause' | 'resume' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'throttle'; readonly width: number; readonly docsPerSecond: number; readonly bytesPerSecond: number }
  | { readonly do: 'allow'; readonly allowance: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), docs: fc.integer({ min: 1, max: 500 }), abortable: fc.boolean() }),
  fc.record({ do: fc.constantFrom('leave' as const, 'abort' as const, 'accepted' as const, 'rejected' as const) }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ do: fc.constant('allow' as const), allowance: fc.constantFrom(Infinity, 4, 2, 1, 0.5, 0.125) }),
  fc.record({
    do: fc.constant('throttle' as const),
    width: fc.integer({ min: 1, max: 6 }),
    docsPerSecond: fc.constantFrom(0, 0, 10, 1_000),
    bytesPerSecond: fc.constantFrom(0, 0, 2_000),
  }),
)

test('whatever happens, the width stays within 1 and the full width, nobody comes in beyond it, and all get in at last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(command, { maxLength: 60 }), async (maxWidth, commands) => {
      const { world, throttler, crowd } = throttle(maxWidth)
      let asked = 0
      let abortable = new AbortController()
      const run = async (command: Command): Promise<void> => {
        switch (command.do) {
          case 'enter':
            asked++
            return crowd.enter(command.docs, command.abortable ? abortable.signal : never, 10 * command.docs)
          case 'leave':
            return crowd.leave()
          case 'abort':
            abortable.abort(new Error('aborted'))
            abortable = new AbortController()
            return
          case 'accepted':
          case 'rejected':
            return throttler.observe(command.do, 'full')
          case 'pause':
            return throttler.obey({ what: 'pause', reason: 'asked' })
          case 'resume':
            return throttler.obey({ what: 'resume' })
          case 'advance':
            return world.advance(command.ms)
          case 'throttle':
            return throttler.obey({
              what: 'throttle',
              width: command.width,
              docsPerSecond: command.docsPerSecond,
              bytesPerSecond: command.bytesPerSecond,
            })
          case 'allow':
            return throttler.allow(command.allowance, 'pressure')
        }
      }
      for (const one of commands) {
        const before = crowd.inside
        await run(one)
        await turn()
        expect(throttler.width).toBeGreaterThanOrEqual(1)
        expect(throttler.width).toBeLessThanOrEqual(throttler.maxWidth)
        expect(crowd.inside).toBeLessThanOrEqual(Math.max(before, throttler.width))
      }
      throttler.obey({ what: 'resume' })
      for (let i = 0; i <= asked; i++) {
        await world.advance(60_000)
        crowd.leave()
      }
      await turn()
      expect(crowd.entered + crowd.turnedAway).toBe(asked)
      expect(crowd.inside).toBe(0)
      expect(world.sleeping).toBe(0)
    }),
    { numRuns: 300 },
  )
})
