import { expect, test } from 'vitest'
import { nameChunks, shortList } from './name-lists.ts'

test('long lists of names are split so that each fits a request line, and none is lost', () => {
  const names = Array.from({ length: 500 }, (_, i) => `логи-${i}`)
  const chunks = nameChunks(names)
  expect(chunks.flat()).toEqual(names)
  expect(chunks.every(chunk => chunk.map(encodeURIComponent).join(',').length <= 2_500)).toBe(true)
  expect(nameChunks([])).toEqual([])
})

test('a list of many names shows the first and counts the others', () => {
  expect(shortList(['a', 'b'])).toBe('a and b')
  expect(shortList(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 others')
})
