import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered, answerOf, sourceText, swallowing } from '../../test/support/answers.ts'
import { oneLine } from './one-line.ts'
import { scanPage } from './scan-page.ts'
import type { Hit } from './scan-page.ts'
import { markNamed, newMark } from './source-mark.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

test('every document comes out with exactly the bytes the server sent', () => {
  fc.assert(
    fc.property(fc.array(answered, { maxLength: 6 }), docs => {
      const page = scanPage(encode(answerOf(docs)))
      expect(page.scrollId).toBe('c2Nyb2xs==')
      expect(page.total).toBe(docs.length)
      expect(page.hits.map(partsOf)).toEqual(docs)
    }),
    { numRuns: 500 },
  )
})

test('by its mark a document comes out with exactly its bytes, whatever it holds and however it ends', () => {
  const mark = newMark()
  fc.assert(
    fc.property(fc.array(swallowing, { maxLength: 6 }), docs => {
      const { hits, total, scrollId } = scanPage(encode(answerOf(docs, mark)), mark)
      expect({ total, scrollId }).toEqual({ total: docs.length, scrollId: 'c2Nyb2xs==' })
      expect(hits.map(partsOf)).toEqual(docs)
      for (const [i, { source }] of docs.entries()) {
        expect(hits[i]!.unusual).toBe(/[\n\r]/.test(source))
        expect(decode(oneLine(hits[i]!.source!))).toBe(/[\n\r]/.test(source) ? decode(oneLine(encode(source))) : source)
      }
    }),
    { numRuns: 500 },
  )
})

test('with and without a mark the same is read, where both can be', () => {
  const mark = newMark()
  fc.assert(
    fc.property(fc.array(answered, { maxLength: 6 }), docs => {
      const bytes = encode(answerOf(docs, mark))
      expect(scanPage(bytes, mark).hits.map(partsOf)).toEqual(scanPage(bytes).hits.map(partsOf))
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['carries no mark', answerWith('"_id":"1","_source":{"a":1},"sort":[0]')],
  ['carries the mark of another search', answerWith('"_id":"1","_source":{"a":1},"sort":[0],"matched_queries":["other"]')],
  ['was printed anew', answerWith('"_id": "1", "_source": {"a":1}, "sort": [0], "matched_queries": ["mine"]')],
  ['has two sort values', answerWith('"_id":"1","_source":{"a":1},"sort":[0,1],"matched_queries":["mine"]')],
  [
    'has something between a document and its mark',
    answerWith('"_id":"1","_source":{"a":1},"fields":{},"sort":[0],"matched_queries":["mine"]'),
  ],
])('an answer that %s is read by its letters', (_what, answer) => {
  expect(scanPage(encode(answer), markNamed('mine')).hits.map(hit => decode(hit.source).trim())).toEqual(['{"a":1}'])
})

test('a marked answer that is cut off anywhere is refused, never split', () => {
  const mark = newMark()
  fc.assert(
    fc.property(
      fc.array(swallowing, { minLength: 1, maxLength: 3 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (docs, part) => {
        const bytes = encode(answerOf(docs, mark))
        const cut = bytes.subarray(0, Math.min(bytes.length - 1, Math.floor(part * bytes.length)))
        expect(() => scanPage(cut, mark)).toThrow(/cannot be read/)
      },
    ),
    { numRuns: 500 },
  )
})

test('an answer that is cut off anywhere is refused, never split', () => {
  fc.assert(
    fc.property(fc.array(answered, { minLength: 1, maxLength: 3 }), fc.double({ min: 0, max: 1, noNaN: true }), (docs, part) => {
      const bytes = encode(answerOf(docs))
      const cut = bytes.subarray(0, Math.min(bytes.length - 1, Math.floor(part * bytes.length)))
      expect(() => scanPage(cut)).toThrow(/cannot be read/)
    }),
    { numRuns: 500 },
  )
})

test('whatever byte is changed, the scanner ends, with an answer or a refusal', () => {
  fc.assert(
    fc.property(
      fc.array(answered, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      (docs, changes) => {
        const bytes = encode(answerOf(docs))
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
    fc.property(sourceText, source => {
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
      sourceText.filter(source => !/[\n\r]|\/\//.test(source)),
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

test.each([
  ['a name that could be one of ours, in escapes', String.raw`"_id":"1","\u005frouting":"r","_source":{}`],
  ['a number that no JSON has', '"_id":"1","_seq_no":007,"_source":{}'],
])('%s is refused', (_what, hit) => {
  expect(() => scanPage(encode(answerWith(hit)))).toThrow(/cannot be read/)
})

test('a raw line break behind a backslash makes no line of its own in a bulk body', () => {
  const [hit] = scanPage(encode(answerWith('"_id":"1","_source":{"a":"x\\\n{}"}'))).hits
  expect(hit?.unusual).toBe(true)
  expect(decode(oneLine(hit!.source!))).not.toContain('\n')
})

function partsOf({ id, routing, seqNo, source }: Hit): object {
  return { id, routing, seqNo, source: decode(source) }
}

function answerWith(hit: string): string {
  return `{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":1,"hits":[{${hit}}]}}`
}

/** An independent reading of the same grammar, by regular expression: everything but comments and blanks. */
function tokens(text: string): string[] {
  return [...text.matchAll(/\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|[^\s"/]+/g)]
    .map(match => match[0])
    .filter(token => !token.startsWith('/'))
}
