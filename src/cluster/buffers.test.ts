import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Buffers } from './buffers.ts'

const MB = 1024 * 1024

test('a buffer is large enough, and used again after it was given back', () => {
  const buffers = new Buffers()
  const first = buffers.take(3 * MB)
  expect(first.length).toBeGreaterThanOrEqual(3 * MB)
  buffers.give(first.subarray(10, 20))
  expect(buffers.take(2 * MB).buffer).toBe(first.buffer)
})

test('a buffer that is given back twice is handed out once', () => {
  const buffers = new Buffers()
  const taken = buffers.take(MB)
  buffers.give(taken)
  buffers.give(taken)
  expect(buffers.take(MB).buffer).not.toBe(buffers.take(MB).buffer)
})

test('whatever is taken and given back, no two holders share a buffer', () => {
  const step = fc.oneof(
    fc.record({ take: fc.integer({ min: 0, max: 8 * MB }) }),
    fc.record({ give: fc.nat(100), times: fc.integer({ min: 1, max: 3 }) }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (keep, steps) => {
      const buffers = new Buffers(keep)
      const held: Uint8Array[] = []
      for (const one of steps) {
        if ('take' in one) {
          const taken = buffers.take(one.take)
          expect(taken.length).toBeGreaterThanOrEqual(one.take)
          expect(held.every(other => other.buffer !== taken.buffer)).toBe(true)
          held.push(taken)
        } else if (held.length > 0) {
          const [given] = held.splice(one.give % held.length, 1)
          for (let i = 0; i < one.times; i++) buffers.give(given!)
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('a small need does not occupy a large buffer, and a huge one is not kept', () => {
  const buffers = new Buffers()
  const large = buffers.take(20 * MB)
  const huge = buffers.take(25 * MB)
  buffers.give(large)
  buffers.give(huge)
  expect(buffers.take(MB).buffer).not.toBe(large.buffer)
  expect(buffers.take(25 * MB).buffer).not.toBe(huge.buffer)
})

test('no more are kept than asked for', () => {
  const buffers = new Buffers(2)
  const taken = [MB, MB, MB].map(bytes => buffers.take(bytes))
  for (const one of taken) buffers.give(one)
  const again = [MB, MB, MB].map(bytes => buffers.take(bytes).buffer)
  expect(again.filter(buffer => taken.some(one => one.buffer === buffer)).length).toBe(2)
})
