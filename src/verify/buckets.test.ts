import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Doc } from '../model/documents.ts'
import { Buckets, bucketsFor } from './buckets.ts'
import { Digester } from './digest.ts'
import type { Compared } from './digest.ts'
import { adding } from './read-side.ts'

const content: Compared = { what: 'content', form: 'bytes' }
const size = 256

function summed(docs: readonly Doc[], compared: Compared = content): Buckets {
  const sums = new Buckets(size)
  docs.forEach(adding(new Digester(compared, size), sums))
  return sums
}

const document: fc.Arbitrary<Doc> = fc.record({
  id: fc.string({ minLength: 1, maxLength: 20 }),
  routing: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }),
  version: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  source: fc.string().map(text => Buffer.from(JSON.stringify({ text }))),
})
const documents = fc.uniqueArray(document, { selector: doc => doc.id, minLength: 1, maxLength: 200 })

test('sums do not depend on the order of documents, nor on the partitions they came in', () => {
  fc.assert(
    fc.property(documents, fc.nat(), (docs, cut) => {
      const at = cut % docs.length
      const parts = summed(docs.slice(at).toReversed())
      parts.addAll(summed(docs.slice(0, at)))
      const whole = summed(docs)
      expect(parts.differing(whole)).toEqual([])
      expect(parts.digest).toBe(whole.digest)
      expect(parts.docs).toBe(docs.length)
    }),
  )
})

const changes: Readonly<Record<string, (doc: Doc) => Doc | undefined>> = {
  missing: () => undefined,
  'other bytes': doc => ({ ...doc, source: Buffer.concat([doc.source, Buffer.from(' ')]) }),
  'other routing': doc => ({ ...doc, routing: `${doc.routing ?? ''}x` }),
  'routing that is empty instead of none': doc => ({ ...doc, routing: doc.routing === undefined ? '' : undefined }),
}

test.each(Object.entries(changes))('one document that is changed (%s) shows in exactly its bucket', (_name, change) => {
  fc.assert(
    fc.property(documents, fc.nat(), (docs, n) => {
      const changed = docs[n % docs.length]!
      const digester = new Digester(content, size)
      digester.take(changed)
      const others = docs.flatMap(doc => (doc === changed ? (change(doc) ?? []) : doc))
      expect(summed(docs).differing(summed(others))).toEqual([digester.bucket])
    }),
  )
})

test('versions count only where they are compared, and content only where it is', () => {
  const doc: Doc = { id: 'a', routing: undefined, version: 7n, source: Buffer.from('{}') }
  const newer = { ...doc, version: 8n }
  const far = { ...doc, version: 7n + (1n << 32n) }
  const other = { ...doc, source: Buffer.from('{"n":1}') }
  const versions: Compared = { what: 'ids', versions: true }
  const ids: Compared = { what: 'ids', versions: false }
  for (const [compared, changed, differ] of [
    [content, newer, 0],
    [content, other, 1],
    [versions, newer, 1],
    [versions, far, 1],
    [versions, other, 0],
    [ids, newer, 0],
    [ids, other, 0],
  ] as const)
    expect(summed([doc], compared).differing(summed([changed], compared)).length).toBe(differ)
})

test('compared by value, documents that say the same are the same', () => {
  const values: Compared = { what: 'content', form: 'values' }
  const doc = (text: string): Doc => ({ id: 'a', routing: undefined, version: 1n, source: Buffer.from(text) })
  expect(summed([doc('{"a":1,"b":"é"}')], values).digest).toBe(summed([doc('{ "b":"\\u00e9", "a":1 }')], values).digest)
  expect(summed([doc('{"a":1.0}')], values).digest).not.toBe(summed([doc('{"a":1}')], values).digest)
  // What is no JSON is compared as it is.
  expect(summed([doc('{"a":')], values).digest).not.toBe(summed([doc('{"b":')], values).digest)
})

test('carries reach the upper half, and sums wrap around', () => {
  const sums = new Buckets(2)
  sums.add(0, 0, 0xffffffff)
  sums.add(0, 0, 2)
  expect(sums.digest).toBe('0000000100000001')
  sums.add(1, 0xffffffff, 0xffffffff)
  expect(sums.digest).toBe('0000000100000000')
  const again = new Buckets(2, new Uint32Array(Uint8Array.from(sums.bytes).buffer))
  expect(again.differing(sums)).toEqual([])
  expect(again.docs).toBe(3)
})

test('ids spread evenly over buckets', () => {
  const sums = new Buckets(1024)
  const digester = new Digester({ what: 'ids', versions: false }, 1024)
  const add = adding(digester, sums)
  for (let i = 0; i < 100_000; i++) add({ id: `p${i}`, routing: undefined, version: 0n, source: Buffer.alloc(0) })
  expect(Math.max(...sums.counts)).toBeLessThan(160)
  expect(Math.min(...sums.counts)).toBeGreaterThan(50)
})

test('the number of buckets is bounded, whatever the size', () => {
  expect([0, 5_000, 100_000, 2_000_000, 1e12].map(bucketsFor)).toEqual([256, 512, 8192, 65_536, 65_536])
})
