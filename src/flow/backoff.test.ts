import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShardferryError } from '../model/errors.ts'
import type { Recovery } from '../model/errors.ts'
import { backoffMs, retried } from './backoff.ts'
import { never, virtualWorld } from './virtual-world.test-part.ts'

function error(recovery: Recovery): ShardferryError {
  return new ShardferryError('unavailable', `to be met with ${recovery}`, { recovery })
}

test('waits grow to their bound and no further, and are drawn from the whole range below', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (attempt, random) => {
      const waitMs = backoffMs(attempt, random)
      expect(waitMs).toBeGreaterThanOrEqual(0)
      expect(waitMs).toBeLessThanOrEqual(Math.min(10_000, 250 * 2 ** attempt))
    }),
  )
  expect([0, 1, 2, 3, 10, 400].map(attempt => backoffMs(attempt, 1))).toEqual([250, 500, 1_000, 2_000, 10_000, 10_000])
  expect(backoffMs(10, 1, 700)).toBe(700)
})

test('what fails for a passing reason is repeated until it succeeds', async () => {
  const world = virtualWorld({ restless: true })
  const reasons: string[] = []
  let left = 3
  const act = async (): Promise<string> => {
    if (left-- > 0) throw error('retry')
    return 'done'
  }
  await expect(retried(world, { giveUpAfterMs: 60_000 }, act, one => reasons.push(one.code), never)).resolves.toBe('done')
  expect(reasons).toEqual(['unavailable', 'unavailable', 'unavailable'])
  expect(world.naps).toEqual([250, 500, 1_000])
})

test('after its time it gives up with the last failure', async () => {
  const world = virtualWorld({ restless: true })
  const startMs = world.now()
  let attempts = 0
  const act = (): Promise<never> => {
    attempts++
    return Promise.reject(new ShardferryError('overloaded', `attempt ${attempts}`, { recovery: 'retry' }))
  }
  const failure = await retried(world, { giveUpAfterMs: 5_000 }, act, () => undefined, never).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({ code: 'overloaded', message: `attempt ${attempts}` })
  expect(world.now() - startMs).toBeGreaterThanOrEqual(5_000)
  expect(world.now() - startMs).toBeLessThan(5_000 + 10_000)
})

test('the time to give up begins with the first failure, not with the first try', async () => {
  const world = virtualWorld()
  let attempts = 0
  const act = async (): Promise<string> => {
    attempts++
    if (attempts > 1) return 'done'
    await world.advance(60_000)
    throw error('retry')
  }
  const result = retried(world, { giveUpAfterMs: 5_000 }, act, () => undefined, never)
  const woken = result.catch(() => undefined)
  await Promise.race([woken, world.advance(61_000)])
  await world.advance(1_000)
  await expect(result).resolves.toBe('done')
})

test.each([error('fatal'), error('redo'), new TypeError('a fault')])('%o passes at once', async failure => {
  const world = virtualWorld({ restless: true })
  let attempts = 0
  const act = (): Promise<never> => {
    attempts++
    return Promise.reject(failure)
  }
  await expect(retried(world, { giveUpAfterMs: 60_000 }, act, () => undefined, never)).rejects.toBe(failure)
  expect(attempts).toBe(1)
  expect(world.naps).toEqual([])
})

test('an abort ends the waiting with the reason it was given', async () => {
  const world = virtualWorld()
  const stop = new AbortController()
  const result = retried(
    world,
    { giveUpAfterMs: 60_000 },
    () => Promise.reject(error('retry')),
    () => stop.abort(new Error('enough')),
    stop.signal,
  )
  await expect(result).rejects.toThrow('enough')
})
