import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanLonePage } from './lone-page.ts'
import { oneLine } from './one-line.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

function answer(source: string): string {
  return (
    '{"_scroll_id":"c2Nyb2xs","took":3,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},' +
    '"hits":{"total":{"value":7,"relation":"eq"},"max_score":null,"hits":[{"_index":"a","_id":"é","_version":3,"_seq_no":41,' +
    `"_primary_term":1,"_score":null,"_routing":"r","_source":${source},"sort":[12]}]}}`
  )
}

test('whatever a comment at the end of the only document says, the bytes of the document come out, and stand on one line', () => {
  const comment = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).filter(text => !/[\n\r]/.test(text)),
    fc.constantFrom(',"sort":[12]}]}}', '"', '{', '}}}]', '\\', '// /*', ',"sort":[12]},{"_id":"forged","_source":{}'),
  )
  fc.assert(
    fc.property(fc.constantFrom('{}', '{"a":1.50}', ' {"a":"// no", "b":/* c */2}'), comment, (body, text) => {
      const source = `${body} //${text}`
      const { hits, total, scrollId } = scanLonePage(encode(answer(source)))
      expect({ total, scrollId, hits: hits.length }).toEqual({ total: 7, scrollId: 'c2Nyb2xs', hits: 1 })
      expect(hits[0]).toMatchObject({ id: 'é', routing: 'r', seqNo: 41n, version: 3n, sourceBytes: encode(source).length })
      expect(decode(hits[0]?.source)).toBe(source)
      expect(decode(oneLine(hits[0]!.source!))).toBe(source)
    }),
  )
})

test('a document without such a comment is as it would be in any page', () => {
  for (const source of ['{"a":1}', '{"a":1} // ended\n', '{"a":1} /* ended */', '{\n"a":1}'])
    expect(decode(scanLonePage(encode(answer(source))).hits[0]?.source)).toBe(source)
})

test('an answer that is cut off, or has several documents, is refused as ever', () => {
  const whole = answer('{"a":1} // x')
  for (let length = 0; length < whole.length; length += 7)
    expect(() => scanLonePage(encode(whole.slice(0, length)))).toThrow(/cannot be read/)
  const two = answer('{"a":1},"sort":[1]},{"_id":"b","_source":{"b":1} // x')
  expect(() => scanLonePage(encode(two))).toThrow(/cannot be read/)
})
