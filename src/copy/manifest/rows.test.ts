import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanPage } from '../../cluster/scan-page.ts'
import type { Doc } from '../../model/documents.ts'
import { readRows, RowWriter } from './rows.ts'
import type { Row, Versions } from './rows.ts'

interface Kept {
  readonly doc: Doc
  readonly rejected: boolean
}

function bytesOf(kept: readonly Kept[], versions: Versions): Buffer {
  const parts: Buffer[] = []
  const rows = new RowWriter(versions, bytes => parts.push(Buffer.from(bytes)))
  for (const { doc } of kept) rows.add(doc)
  rows.end()
  const whole = Buffer.concat(parts)
  return kept.some(({ rejected }) => rejected) ? marked(whole, kept, versions) : whole
}

/** Which were refused is known later, and told by copying. */
function marked(whole: Buffer, kept: readonly Kept[], versions: Versions): Buffer {
  const parts: Buffer[] = []
  const rows = new RowWriter(versions, bytes => parts.push(Buffer.from(bytes)))
  let n = 0
  rowsOf(whole, row => rows.copy(row, kept[n++]!.rejected))
  rows.end()
  return Buffer.concat(parts)
}

function rowsOf(bytes: Buffer, visit?: (row: Row) => void): object[] {
  const rows: object[] = []
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('cut off')
    return bytes.subarray(at, (at += length))
  }
  readRows(take, row => {
    const { id, routing, seqNo, version, rejected } = row
    rows.push({ id, routing, seqNo, version, rejected })
    visit?.(row)
  })
  if (at !== bytes.length) throw new Error('bytes are left')
  return rows
}

function isManifest(bytes: Buffer): boolean {
  try {
    rowsOf(bytes)
    return true
  } catch {
    return false
  }
}

const text = (most: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength: most })
const doc: fc.Arbitrary<Doc> = fc.record({
  id: fc.oneof(text(30), text(300)),
  routing: fc.option(fc.oneof(fc.constant(''), text(12), text(400)), { nil: undefined }),
  seqNo: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 52 - 1 })),
  version: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  source: fc.constant(new Uint8Array(0)),
})
const kept = fc.array(fc.record({ doc, rejected: fc.boolean() }), { maxLength: 60 })

test.each(['seq-no', 'own'] as const)(
  'what is listed comes back whole and in order, also through a copy (versions: %s)',
  versions => {
    fc.assert(
      fc.property(kept, all => {
        const copied: Buffer[] = []
        const copy = new RowWriter(versions, bytes => copied.push(Buffer.from(bytes)))
        const expected = all.map(({ doc: { id, routing, seqNo, version }, rejected }) => ({
          id,
          routing,
          seqNo,
          version: versions === 'own' ? version : BigInt((seqNo ?? 0) + 1),
          rejected,
        }))
        expect(rowsOf(bytesOf(all, versions), row => copy.copy(row))).toEqual(expected)
        copy.end()
        expect(rowsOf(Buffer.concat(copied))).toEqual(expected)
      }),
    )
  },
)

test('a document is listed from the bytes of its page, whatever its id is written like', () => {
  const ids = ['plain', 'with "quotes" and \\', 'ü€😀', 'x'.repeat(500)]
  const hits = ids.map(
    (id, i) =>
      `{"_index":"a","_id":${JSON.stringify(id)},"_routing":${JSON.stringify(`${id}r`)},"_seq_no":${i * 7},"_source":{}}`,
  )
  const answer = `{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"hits":[${hits.join(',')}]}}`
  // As some servers escape it.
  const page = scanPage(Buffer.from(answer.replace('😀', '\\ud83d\\ude00')))
  const docs = page.hits.map(hit => ({ doc: hit.asDoc('seq-no')!, rejected: false }))
  expect(rowsOf(bytesOf(docs, 'seq-no'))).toEqual(
    ids.map((id, i) => ({ id, routing: `${id}r`, seqNo: i * 7, version: BigInt(i * 7 + 1), rejected: false })),
  )
})

test('a manifest that was cut off, or changed in any byte, is not taken for one', () => {
  const all = Array.from({ length: 50 }, (_, i) => ({ doc: numbered(i, `id-${i * 7919}`), rejected: false }))
  const bytes = bytesOf(all, 'seq-no')
  for (let to = 0; to < bytes.length; to++) expect(isManifest(bytes.subarray(0, to))).toBe(false)
  expect(isManifest(bytes)).toBe(true)
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 0x55
    expect(isManifest(changed), `byte ${at} changed`).toBe(false)
  }
})

/** As Elasticsearch makes them: flake ids, 20 characters of base64, of which 12 hardly repeat. */
function autoId(n: number): string {
  const bytes = Buffer.alloc(15)
  bytes.writeUIntBE(n, 0, 3)
  bytes.write('ABCDEF', 3, 'latin1')
  bytes.writeUIntBE(1_700_000_000_000 + n, 9, 6)
  return bytes.toString('base64url')
}

function numbered(seqNo: number, id: string, routing?: string): Doc {
  return { id, routing, seqNo, version: BigInt(seqNo + 1), source: new Uint8Array(0) }
}

const manyDocs = 50_000
const random = (n: number): number => (Math.imul(n, 0x9e3779b1) ^ (n >>> 3)) >>> 0

test.each([
  ['ids made by the server, in `_doc` order', (n: number) => numbered(n, autoId(n))],
  [
    'random UUIDs with gaps between their numbers',
    (n: number) =>
      numbered(
        n * 3 + (random(n) % 3),
        `${random(n).toString(16).padStart(8, '0')}-${random(n + 7).toString(16)}-${random(n * 3).toString(16)}`,
      ),
  ],
  ['tenants as routing', (n: number) => numbered(n, String(10_000_000 + n), `tenant-${random(n) % 5_000}`)],
  ['a routing of its own for every document', (n: number) => numbered(n, `order-${n}`, `customer-${random(n)}`)],
  ['updates, in the order of a merged segment', (n: number) => numbered(random(n) % 1_000_000_000, `sku-${random(n)}`)],
] as const)('a manifest takes 24 bytes a document beyond its id at most: %s', (_what, make) => {
  const docs = Array.from({ length: manyDocs }, (_, n) => ({ doc: make(n), rejected: false }))
  const ids = docs.reduce((sum, one) => sum + Buffer.byteLength(one.doc.id), 0)
  const beyond = (bytesOf(docs, 'seq-no').length - ids) / manyDocs
  expect(beyond).toBeLessThanOrEqual(24)
  // Compressed, most take less than their ids alone.
  expect(beyond).toBeLessThan(16)
})

test('behind a block that could not be written whole nothing more is written: it could not be read', () => {
  const full = new Error('no space is left')
  const seen: number[] = []
  const rows = new RowWriter('seq-no', bytes => {
    if (seen.push(bytes.length) === 3) throw full
  })
  const doc = { id: 'a', routing: undefined, seqNo: 1, version: 2n, source: new Uint8Array(0) }
  rows.add(doc)
  expect(() => rows.flush()).toThrow(full)
  rows.add(doc)
  expect(() => rows.flush()).toThrow(full)
  expect(() => rows.end()).toThrow(full)
  expect(seen).toHaveLength(3)
})
