import { expect, test } from 'vitest'
import { cellsOf, cellSize, roundAt, unrolled } from './partition-states.ts'

const cells = cellsOf([
  { index: 'a', rounds: [{ round: 0, closed: true, partitions: 3, settled: 3, states: 's2r1' }] },
  {
    index: 'b',
    rounds: [
      { round: 0, closed: true, partitions: 2, settled: 2, states: 's1a1' },
      { round: 1, closed: false, partitions: 12, settled: 0, states: 'p12' },
    ],
  },
])

test('every partition is a cell, in the order of indices and rounds', () => {
  expect(cells.states).toBe('ssrsapppppppppppp')
  expect(unrolled('')).toBe('')
})

test('a cell is found by its place', () => {
  expect([0, 2, 3, 4, 5, 16].map(cell => roundAt(cells, cell)).map(found => [found?.index, found?.round])).toEqual([
    ['a', 0],
    ['a', 0],
    ['b', 0],
    ['b', 0],
    ['b', 1],
    ['b', 1],
  ])
  expect(roundAt(cells, 17)).toBeUndefined()
  expect(roundAt(cellsOf([]), 0)).toBeUndefined()
})

test('cells are as large as fits, and never vanish', () => {
  expect(cellSize(10, 800, 300)).toBe(16)
  expect(cellSize(100_000, 1_000, 500)).toBe(2)
  const size = cellSize(5_000, 900, 400)
  expect(Math.floor(900 / size) * Math.floor(400 / size)).toBeGreaterThanOrEqual(5_000)
})
