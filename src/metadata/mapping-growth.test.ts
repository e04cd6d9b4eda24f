import { expect, test } from 'vitest'
import { grown } from '../model/definition.ts'
import { mappingGrowth } from './mapping-growth.ts'

const before = {
  dynamic: 'strict',
  properties: { name: { type: 'keyword', ignore_above: 10 }, place: { properties: { city: { type: 'text' } } } },
}
const after = {
  dynamic: 'strict',
  properties: {
    name: { type: 'keyword', ignore_above: 20 },
    place: { properties: { city: { type: 'text' }, at: { type: 'geo_point' } } },
    when: { type: 'date' },
  },
}

test('a mapping has grown by new fields, and by fields whose parameters changed, whole', () => {
  expect(mappingGrowth(before, after)).toEqual({
    properties: {
      name: { type: 'keyword', ignore_above: 20 },
      place: { properties: { at: { type: 'geo_point' } } },
      when: { type: 'date' },
    },
  })
  expect(mappingGrowth({}, before)).toEqual(before)
})

test('nothing has come where only the order is another, and where something is gone', () => {
  expect(mappingGrowth(after, { properties: Object.fromEntries(Object.entries(after.properties).toReversed()) })).toBeUndefined()
  expect(mappingGrowth(after, { properties: { when: { type: 'date' } } })).toBeUndefined()
})

test('what has come, added to what was, is what is there', () => {
  expect(grown(before, mappingGrowth(before, after)!)).toEqual(after)
})
