import { expect, test } from 'vitest'
import { targetNames } from './rename.ts'

test('a single name goes before the template, and without either the name stays', () => {
  const names = targetNames(['a', 'b$&'], { rename: '{index}-v2', renames: { a: 'x' } })
  expect([...names]).toEqual([
    ['a', 'x'],
    ['b$&', 'b$&-v2'],
  ])
  expect([...targetNames(['a'], { renames: {} })]).toEqual([['a', 'a']])
})

test('two indices never get one name', () => {
  expect(() => targetNames(['a', 'b'], { rename: 'all', renames: {} })).toThrow('Both a and b would be moved to all')
  expect(() => targetNames(['a', 'b'], { renames: { a: 'b' } })).toThrow(expect.objectContaining({ code: 'plan-invalid' }))
})

test.each(['Upper', '-a', '_a', '', 'a b', 'a*', 'a:b', '..', '{name}', 'ä'.repeat(128)])('%s is no name of an index', target => {
  expect(() => targetNames(['a'], { renames: { a: target } })).toThrow(expect.objectContaining({ code: 'plan-invalid' }))
})

test('a new name for an index that is not selected is a mistake', () => {
  expect(() => targetNames(['a'], { renames: { b: 'c' } })).toThrow('b, which is not among')
})
