import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idIn, placeOf } from './compared-index.ts'

test('a place gives its id back, whatever the id and the routing are', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (id, routing) => {
      expect(idIn(placeOf(id, routing))).toBe(id)
    }),
  )
})
