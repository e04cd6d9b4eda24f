import { afterEach, expect, test, vi } from 'vitest'
import { realWorld } from '../assemble.ts'

const hourMs = 3_600_000

afterEach(() => vi.restoreAllMocks())

test.each([-hourMs, 24 * hourMs])('a clock that is set by %i ms moves no wait and spends no patience', byMs => {
  const world = realWorld({})
  const before = world.now()
  expect(Math.abs(before - Date.now())).toBeLessThan(60_000)
  const set = Date.now() + byMs
  vi.spyOn(Date, 'now').mockReturnValue(set)
  const passedMs = world.now() - before
  expect(passedMs).toBeGreaterThanOrEqual(0)
  expect(passedMs).toBeLessThan(60_000)
})
