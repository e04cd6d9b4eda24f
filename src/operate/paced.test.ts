import { expect, test } from 'vitest'
import { paced } from './paced.ts'

/** How often something that takes so long is done in ten seconds, when it is called five times a second. */
function timesDone(tookMs: number): number {
  let nowMs = 0
  let done = 0
  const act = paced(
    () => {
      done++
      nowMs += tookMs
    },
    () => nowMs,
  )
  for (; nowMs < 10_000; nowMs += 200) act()
  return done
}

test('what takes next to no time is done every time', () => {
  expect(timesDone(0)).toBe(50)
})

test('what takes long takes a twentieth of the time at most', () => {
  expect(timesDone(100)).toBe(5)
  expect(timesDone(500)).toBe(1)
})
