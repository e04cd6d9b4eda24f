import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readItems } from './bulk.ts'
import { frameBulk } from './frame-bulk.ts'

const target = { side: 'target', address: 'http://t:9200' } as const

test('ids and routings with every legal character arrive as they are, and sources are not touched', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          id: text,
          routing: fc.option(text, { nil: undefined }),
          version: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      docs => {
        const source = new TextEncoder().encode(' {"n": 1.50}')
        const body = frameBulk(docs.map(doc => ({ ...doc, source })))
        const lines = new TextDecoder().decode(body.bytes).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines.length).toBe(2 * docs.length)
        docs.forEach((doc, i) => {
          const action = lines[2 * i]!
          expect(action).toContain(`"version":${doc.version},"version_type":"external_gte"`)
          expect((JSON.parse(action) as { index: { _id: string; routing?: string } }).index).toMatchObject({
            _id: doc.id,
            ...(doc.routing === undefined ? {} : { routing: doc.routing }),
          })
          expect(lines[2 * i + 1]).toBe(' {"n": 1.50}')
        })
        body.release()
      },
    ),
  )
})

test('a bulk answer is accounted for by position', () => {
  const items = readItems(
    new TextEncoder().encode(
      '{"errors":true,"items":[{"index":{"status":201}},{"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"[1]: version conflict"}}},' +
        '{"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse","caused_by":{"type":"x","reason":"For input string"}}}},{"index":{"status":201,"failure_store":"used"}}]}',
    ),
    target,
  )
  expect(items.map(item => item.status)).toEqual([200, 409, 400, 400])
  expect(items[2]?.reason).toBe('failed to parse: For input string')
  expect(items[3]?.type).toBe('failure_store')
})

test.each(['', '{}', '{"items":[{}]}', '{"items":[{"index":{}}]}', '{"items":[null]}', 'null', '<html>'])(
  'a bulk answer of %j is refused and sent again',
  text => {
    expect(() => readItems(new TextEncoder().encode(text), target)).toThrow(
      expect.objectContaining({ code: 'response-unreadable', recovery: 'retry' }),
    )
  },
)
