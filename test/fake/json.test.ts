import { expect, test } from 'vitest'
import { filterPath } from './filter-path.ts'
import { encodeJson, JsonError, parseJson, RawJson } from './json.ts'

test('raw bytes pass through an answer untouched', () => {
  const raw = Buffer.from([0x20, 0x7b, 0x22, 0xc3, 0xa9, 0x22, 0x3a, 0x31, 0x7d])
  expect(encodeJson({ a: [1, new RawJson(raw)], b: undefined, c: 12345678901234567890n })).toEqual(
    Buffer.concat([Buffer.from('{"a":[1,'), raw, Buffer.from('],"c":12345678901234567890}')]),
  )
})

test('comments are blanks, and numbers keep their worth', () => {
  expect(parseJson('/* a */ {"a": [1, -0.5, 1E+2, true, null], // b\n "b": 9007199254740993}')).toEqual({
    a: [1, -0.5, 100, true, null],
    b: 9007199254740993n,
  })
})

test.each(['{"a":1,"a":2}', '{"a":01}', '{a:1}', "{'a':1}", '{"a":1} x', '{"a":"\n"}', '[1,]', 'nope', 'constructor'])(
  '%j is no JSON',
  text => {
    expect(() => parseJson(text)).toThrow(JsonError)
  },
)

test.each([
  ['a.b', { a: { b: 1 } }],
  ['a.*', { a: { b: 1, c: [{ d: 2, e: 3 }] } }],
  ['**.d', { a: { c: [{ d: 2 }] } }],
  ['a,-a.c', { a: { b: 1 } }],
  ['-**.e', { a: { b: 1, c: [{ d: 2 }] }, f: 4 }],
  ['none', undefined],
])('filter_path %s leaves what it names', (expression, left) => {
  expect(filterPath({ a: { b: 1, c: [{ d: 2, e: 3 }] }, f: 4 }, expression)).toEqual(left)
})
