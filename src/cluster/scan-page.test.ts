import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneLine } from './one-line.ts'
import { scanPage } from './scan-page.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** Documents as servers may hold them: any blanks and comments between tokens, any escapes, numbers in any legal form. */
const gap = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r\n', '/* } "x": [ */', '// ], }\n', '/* a\nb */')
const jsonString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"\\u00e9"', '"\\""', '"\\\\"', '"a\\/b"', '"{[,]}"', '"/* no comment */"', '"// no"', '"é漢😀"'),
)
const number = fc.constantFrom('0', '-0.0', '1.50', '1E+2', '12345678901234567890123', '0.10000000000000000001')
const value = fc.letrec<{ value: string; object: string; list: string }>(tie => ({
  value: fc.oneof({ maxDepth: 4 }, jsonString, number, fc.constantFrom('true', 'false', 'null'), tie('object'), tie('list')),
  list: fc.tuple(fc.array(tie('value'), { maxLength: 4 }), gap).map(([items, g]) => `[${g}${items.join(`${g},${g}`)}${g}]`),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(jsonString, tie('value')), { maxLength: 4, selector: ([key]) => JSON.parse(key) as string }),
      gap,
    )
    .map(([members, g]) => `{${g}${members.map(([k, v]) => `${k}${g}:${g}${v}`).join(`${g},${g}`)}${g}}`),
}))
const doc = fc.record({
  id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  routing: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { nil: undefined }),
  seqNo: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  source: fc.tuple(fc.constantFrom('', ' ', '\n'), value.object, fc.constantFrom('', '  ')).map(parts => parts.join('')),
})
type Made = { id: string; routing: string | undefined; seqNo: bigint; source: string }

function answer(docs: readonly Made[], scrollId = 'c2Nyb2xs=='): string {
  const hits = docs.map(
    d =>
      `{"_index":"a","_type":"_doc","_id":${JSON.stringify(d.id)},"_version":3,"_seq_no":${d.seqNo},"_primary_term":1,"_score":null,` +
      `${d.routing === undefined ? '' : `"_routing":${JSON.stringify(d.routing)},`}"_source":${d.source},"sort":[0]}`,
  )
  return (
    `{"_scroll_id":"${scrollId}","took":3,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},` +
    `"hits":{"total":{"value":${docs.length},"relation":"eq"},"max_score":null,"hits":[${hits.join(',')}]}}`
  )
}

test('every document comes out with exactly the bytes the server sent', () => {
  fc.assert(
    fc.property(fc.array(doc, { maxLength: 6 }), docs => {
      const page = scanPage(encode(answer(docs)))
      expect(page.scrollId).toBe('c2Nyb2xs==')
      expect(page.total).toBe(docs.length)
      expect(page.hits.map(hit => ({ id: hit.id, routing: hit.routing, seqNo: hit.seqNo, source: decode(hit.source) }))).toEqual(
        docs,
      )
    }),
    { numRuns: 500 },
  )
})

test('an answer that is cut off anywhere is refused, never split', () => {
  fc.assert(
    fc.property(fc.array(doc, { minLength: 1, maxLength: 3 }), fc.double({ min: 0, max: 1, noNaN: true }), (docs, part) => {
      const bytes = encode(answer(docs))
      const cut = bytes.subarray(0, Math.min(bytes.length - 1, Math.floor(part * bytes.length)))
      expect(() => scanPage(cut)).toThrow(/cannot be read/)
    }),
    { numRuns: 500 },
  )
})

test('whatever byte is changed, the scanner ends, with an answer or a refusal', () => {
  fc.assert(
    fc.property(
      fc.array(doc, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      (docs, changes) => {
        const bytes = encode(answer(docs))
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          for (const hit of scanPage(bytes).hits) expect(hit.source?.byteOffset ?? 0).toBeLessThanOrEqual(bytes.length)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'response-unreadable', recovery: 'redo' })
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test('a document becomes one line with the same meaning', () => {
  fc.assert(
    fc.property(value.object, source => {
      const line = decode(oneLine(encode(source)))
      expect(line).not.toMatch(/[\n\r]/)
      // The tokens are the same, letter by letter. (Values are not compared: JSON.parse of Node 26 can drop an escaped key.)
      expect(tokens(line)).toEqual(tokens(source))
    }),
    { numRuns: 500 },
  )
})

test('a document without line breaks and // comments stays as it is, byte for byte', () => {
  fc.assert(
    fc.property(
      value.object.filter(source => !/[\n\r]|\/\//.test(source)),
      source => {
        expect(decode(oneLine(encode(source)))).toBe(source)
      },
    ),
  )
})

test('raw control bytes inside a string, which old servers hold, become escapes', () => {
  expect(decode(oneLine(encode('{"a":"x\ny\tz"}')))).toBe('{"a":"x\\u000ay\\u0009z"}')
})

test('a hit without _source and without sequence number is told as such', () => {
  const page = scanPage(
    encode(
      '{"took":1,"timed_out":false,"_shards":{"total":2,"successful":1,"failed":1,"failures":[{"reason":{"type":"t","reason":"r"}}]},"hits":{"total":1,"hits":[{"_id":"1","_seq_no":-2}]}}',
    ),
  )
  expect(page.hits[0]).toMatchObject({ source: undefined, seqNo: undefined })
  expect(page.shards).toEqual({ total: 2, successful: 1, failed: 1, reason: 't: r' })
})

/** An independent reading of the same grammar, by regular expression: everything but comments and blanks. */
function tokens(text: string): string[] {
  return [...text.matchAll(/\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|[^\s"/]+/g)]
    .map(match => match[0])
    .filter(token => !token.startsWith('/'))
}
