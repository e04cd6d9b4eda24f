import { expect, test } from 'vitest'
import { verdictOf, worst } from './verdict.ts'

const side = { docs: 1, bytes: 1, digest: '' }
const counted = {
  level: 'full',
  onSource: side,
  onTarget: side,
  missing: 0,
  stale: 0,
  extra: 0,
  setAside: 0,
  cut: false,
  definition: [],
} as const
const made = { mayHoldOthers: false }

test('any difference makes the sides differ, and what was set aside is told apart', () => {
  expect(verdictOf(made, counted)).toBe('equal')
  expect(verdictOf(made, { ...counted, missing: 1 })).toBe('differs')
  expect(verdictOf(made, { ...counted, stale: 1 })).toBe('differs')
  expect(verdictOf(made, { ...counted, extra: 1 })).toBe('differs')
  expect(verdictOf(made, { ...counted, missing: 2, stale: 1, setAside: 3 })).toBe('set-aside')
  expect(verdictOf(made, { ...counted, missing: 2, setAside: 1 })).toBe('differs')
  expect(verdictOf(made, { ...counted, cut: true })).toBe('differs')
})

test('what an index had of its own before makes no difference', () => {
  expect(verdictOf({ mayHoldOthers: true }, { ...counted, extra: 5 })).toBe('equal')
  expect(verdictOf({ mayHoldOthers: true }, { ...counted, extra: 5, missing: 1 })).toBe('differs')
})

test('another meaning of a field makes the sides differ, another way to run the index does not', () => {
  const what = { what: 'settings.index.number_of_replicas', why: 'it is 2 where the plan says 0' }
  expect(verdictOf(made, { ...counted, definition: [{ ...what, severe: false }] })).toBe('equal')
  expect(verdictOf(made, { ...counted, definition: [{ ...what, severe: true }] })).toBe('differs')
})

test('the worst of all counts', () => {
  expect(worst([])).toBe('equal')
  expect(worst(['equal', 'set-aside'])).toBe('set-aside')
  expect(worst(['differs', 'set-aside'])).toBe('differs')
})
