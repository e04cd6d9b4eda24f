import { expect, test } from 'vitest'
import { meansTheSame, unequalValues } from './compare-queries.ts'

test('aggregations are compared value by value', () => {
  const a = {
    terms: {
      buckets: [
        { key: 'x', doc_count: 3 },
        { key: 'y', doc_count: 2 },
      ],
    },
    mean: { value: 0.1 + 0.2 },
  }
  expect(unequalValues(a, { ...a, mean: { value: 0.3 } })).toBe(0)
  expect(unequalValues(a, { ...a, mean: { value: 0.31 } })).toBe(1)
  expect(
    unequalValues(a, {
      ...a,
      terms: {
        buckets: [
          { key: 'x', doc_count: 3 },
          { key: 'z', doc_count: 1 },
        ],
      },
    }),
  ).toBe(2)
  expect(unequalValues(a, { mean: { value: 0.3 } })).toBe(1)
  expect(unequalValues(null, null)).toBe(0)
})

test('other hits in another order mean the same, other totals do not', () => {
  const same = {
    index: 'a',
    query: '',
    sourceTotal: 3,
    targetTotal: 3,
    overlap: 0.5,
    aggregations: 0,
    distance: 0.5,
    sourceMs: 1,
    targetMs: 1,
  }
  expect(meansTheSame(same)).toBe(true)
  expect(meansTheSame({ ...same, targetTotal: 2 })).toBe(false)
  expect(meansTheSame({ ...same, aggregations: 1 })).toBe(false)
  expect(meansTheSame({ ...same, error: 'refused' })).toBe(false)
})
