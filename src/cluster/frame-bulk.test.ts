import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allCreated, readItems } from './bulk.ts'
import { frameBulk } from './frame-bulk.ts'
import { scanPage } from './scan-page.ts'

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

test('a delete is one line, with its routing and its version', () => {
  const nothing = new Uint8Array(0)
  const source = new TextEncoder().encode('{}')
  const body = frameBulk([
    { id: 'a', routing: undefined, version: 7n, source: nothing, op: 'delete' },
    { id: 'é', routing: 'r', version: 8n, source: nothing, op: 'delete' },
    { id: 'b', routing: undefined, version: 9n, source },
  ])
  expect(new TextDecoder().decode(body.bytes).split('\n')).toEqual([
    '{"delete":{"_id":"a","version":7,"version_type":"external_gte"}}',
    '{"delete":{"_id":"é","routing":"r","version":8,"version_type":"external_gte"}}',
    '{"index":{"_id":"b","version":9,"version_type":"external_gte"}}',
    '{}',
    '',
  ])
  body.release()
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

const itemsOf = (item: string): string => `{"items":[{"index":{"status":201}},${item}]}`

test.each([
  '',
  '{}',
  'null',
  '<html>',
  '{"items":[{}]}',
  '{"items":[{"index":{}}]}',
  '{"items":[null]}',
  itemsOf('[]'),
  itemsOf('{"index":{"status":20}}'),
  itemsOf('{"index":{"status":2e-1}}'),
  itemsOf('{"index":{"status":901}}'),
  itemsOf('{"index":{"status":"201"}}'),
  itemsOf('{"index":{"status":201,"error":null}}'),
  itemsOf('{"index":{"status":201,"error":{"type":"x"}}}'),
  itemsOf('{"indxe":{"status":201}}'),
])('a bulk answer of %j is refused and sent again', text => {
  expect(() => readItems(new TextEncoder().encode(text), target)).toThrow(
    expect.objectContaining({ code: 'response-unreadable', recovery: 'retry' }),
  )
})

test.each(['{"status":503,"error":null}', '{"status":503,"error":{"reason":5,"caused_by":null}}'])(
  'a refusal without words, %s, is one all the same',
  outcome => {
    const [, refused] = readItems(new TextEncoder().encode(itemsOf(`{"index":${outcome}}`)), target)
    expect(refused).toEqual({ status: 503, type: '', reason: '' })
  },
)

test('a document framed from its page arrives like one that was made of strings', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
  const hit = fc.record({
    id: text,
    routing: fc.option(text, { nil: undefined }),
    number: fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 2n }),
      fc.constantFrom(0n, 8n, 9n, 99n, 10n ** 15n - 1n, 10n ** 18n - 1n),
    ),
    n: fc.integer(),
  })
  fc.assert(
    fc.property(fc.array(hit, { minLength: 1, maxLength: 20 }), fc.constantFrom('seq-no', 'version'), (hits, versionFrom) => {
      const list = hits.map(({ id, routing, number, n }) =>
        JSON.stringify({ _id: id, _routing: routing, _source: { n } }).replace('{', `{"_seq_no":${number},"_version":${number},`),
      )
      const answer = `{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":${hits.length},"hits":[${list.join(',')}]}}`
      const docs = scanPage(new TextEncoder().encode(answer)).hits.map(one => one.asDoc(versionFrom)!)
      const plain = docs.map(({ id, routing, version, source }) => ({ id, routing, version, source }))
      expect(plain.map(doc => doc.version)).toEqual(hits.map(one => (versionFrom === 'seq-no' ? one.number + 1n : one.number)))
      // A server escapes other characters than JSON.stringify may; what the line means is the same.
      const lines = (of: typeof docs): unknown[] =>
        Buffer.from(frameBulk(of).bytes)
          .toString('utf8')
          .split('\n')
          .map(line => (line === '' ? '' : JSON.parse(line.replace(/"version":(\d+)/, '"version":"$1"'))))
      expect(lines(docs)).toEqual(lines(plain))
    }),
  )
})

test.each([1, 2, 7])('the answer that says %i documents were created is read without parsing it, and like a parsed one', n => {
  const answer = (items: string): Uint8Array => new TextEncoder().encode(`{"errors":false,"items":[${items}]}`)
  const items = Array.from({ length: n }, () => '{"index":{"status":201}}').join(',')
  expect(allCreated(answer(items), n)).toEqual(readItems(answer(items), target))
  expect(allCreated(answer(items), n + 1)).toBeUndefined()
  expect(allCreated(answer(items.replace('201', '409')), n)).toBeUndefined()
  expect(
    allCreated(
      answer(items).map((byte, i, all) => (i === all.length - 2 ? 0x2c : byte)),
      n,
    ),
  ).toBeUndefined()
})
