import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indexTask } from '../../journal/sample-entries.test-part.ts'
import { PageSizes } from './page-size.ts'

const MB = 1024 * 1024
const task = indexTask('cities', { estimate: { docs: 1_000, bytes: 850_000 } })

test('pages begin as the plan’s sample says, and follow what documents really weigh', () => {
  const sizes = new PageSizes(MB)
  expect(sizes.of(task)).toBe(Math.floor(MB / 1_000))
  sizes.learn(task, 100, 100 * 9_850)
  expect(sizes.of(task)).toBe(Math.floor(MB / 10_000))
  for (let i = 0; i < 100; i++) sizes.learn(task, 100, 100 * 850)
  expect(sizes.of(task)).toBeGreaterThan(1_000)
})

test('a page has one document at least, and never more than the index lets a page have', () => {
  expect(new PageSizes(10).of(task)).toBe(1)
  const small = indexTask('small', { estimate: { docs: 1_000, bytes: 1_000 } })
  expect(new PageSizes(100 * MB).of(small)).toBe(10_000)
  expect(new PageSizes(100 * MB).of({ ...small, settings: { index: { max_result_window: '500' } } })).toBe(500)
  expect(new PageSizes(100 * MB).of({ ...small, settings: { 'index.max_result_window': 400 } })).toBe(400)
})

test('a page of one document may be of any size, since it cannot be made smaller', () => {
  const sizes = new PageSizes(MB)
  expect(sizes.ceiling(1)).toBe(Infinity)
  expect(sizes.ceiling(2)).toBe(32 * MB)
  expect(new PageSizes(8 * MB).ceiling(2)).toBe(64 * MB)
})

test('pages that were too large shrink until they have one document, whatever was asked for at the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 * MB }), fc.array(fc.nat(10_000), { maxLength: 5 }), (pageBytes, others) => {
      const sizes = new PageSizes(pageBytes)
      let size = sizes.of(task)
      while (size > 1) {
        sizes.shrink(task, size)
        const smaller = sizes.of(task)
        expect(smaller).toBeLessThan(size)
        // A partition that was begun with larger pages fails too: that makes nobody's pages larger.
        for (const other of others) sizes.shrink(task, size + other)
        expect(sizes.of(task)).toBe(smaller)
        size = smaller
      }
    }),
  )
})
