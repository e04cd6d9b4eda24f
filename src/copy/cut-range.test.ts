import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutRange } from './cut-range.ts'

test('pieces are disjoint, in order, miss no live document, and none is far too full where it can be cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(5000), { maxLength: 600 }), fc.integer({ min: 1, max: 200 }), async (live, limit) => {
      const count = (from: number, to: number): number => live.filter(n => n >= from && n <= to).length
      const pieces = await cutRange({ from: 0, to: 5000, docs: live.length }, limit, (from, to) =>
        Promise.resolve(count(from, to)),
      )
      let after = -1
      for (const piece of pieces) {
        expect(piece.from).toBeGreaterThan(after)
        expect(piece.to).toBeGreaterThanOrEqual(piece.from)
        expect(piece.docs).toBe(count(piece.from, piece.to))
        expect(piece.docs).toBeLessThanOrEqual(Math.max(1, 1.5 * limit))
        after = piece.to
      }
      expect(live.every(n => pieces.some(piece => n >= piece.from && n <= piece.to))).toBe(true)
    }),
  )
})

test('documents that vanish between two counts do not make a negative estimate', async () => {
  const pieces = await cutRange({ from: 0, to: 99, docs: 10 }, 5, () => Promise.resolve(12))
  expect(pieces.every(piece => piece.docs >= 0)).toBe(true)
})
