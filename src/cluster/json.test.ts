import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inexactNumbers } from './json.ts'

test('whole numbers that a parse would change are told by their path, and no others', () => {
  const text = `{"cities":{"mappings":{"properties":{"n":{"null_value":9007199254740993},"s":{"null_value":"9007199254740993"}},
    "_meta":{"list":[1,-12345678901234567890,9007199254740991],"float":0.10000000000000000001,"big":1.0E300,"zero":-0}}}}`
  expect(inexactNumbers(text)).toEqual([
    'cities.mappings.properties.n.null_value: 9007199254740993',
    'cities.mappings._meta.list.1: -12345678901234567890',
  ])
})

test('a number is told exactly where printing what was parsed gives another', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), number => {
      const inexact = JSON.stringify(JSON.parse(String(number))) !== String(number)
      expect(inexactNumbers(`[${number}]`)).toEqual(inexact ? [`0: ${number}`] : [])
    }),
  )
})
