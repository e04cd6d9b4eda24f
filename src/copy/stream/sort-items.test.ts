import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BulkItem } from '../../cluster/bulk.ts'
import type { Doc } from '../../model/documents.ts'
import { nothingSorted, sortItems } from './sort-items.ts'
import type { Sorted } from './sort-items.ts'

function docs(count: number): Doc[] {
  return Array.from({ length: count }, (_, i) => ({ id: String(i), routing: undefined, version: 1n, source: Buffer.from('{}') }))
}

function sorted(...items: readonly BulkItem[]): Sorted {
  const into = nothingSorted()
  sortItems(docs(items.length), items, 'cities', into)
  return into
}

function item(status: number, type = '', reason = ''): BulkItem {
  return { status, type, reason }
}

const conflict = item(409, 'version_conflict_engine_exception')
const mapping = item(400, 'mapper_parsing_exception', 'failed to parse')
const full = item(429, 'es_rejected_execution_exception', 'queue full')
const flood = item(429, 'cluster_block_exception', 'index [cities] blocked by: [TOO_MANY_REQUESTS/12/…]')

test('created and updated documents are written, an external version that is not higher is already newer', () => {
  expect(sorted(item(200), item(201), conflict)).toMatchObject({ written: 2, newer: [{ id: '2' }], rejected: [], again: [] })
})

test('a delete that finds nothing is written, also where a document that is not found is not', () => {
  const into = nothingSorted()
  const [deleted, indexed] = docs(2)
  sortItems([{ ...deleted!, op: 'delete' }, indexed!], [item(404), item(404)], 'cities', into)
  expect(into).toMatchObject({ written: 1, rejected: [{ doc: { id: '1' } }] })
})

test('a refused document is rejected with its own reason', () => {
  expect(sorted(item(201), mapping).rejected).toMatchObject([
    { doc: { id: '1' }, status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse' },
  ])
})

test('a conflict that is no version conflict is rejected, not taken for newer', () => {
  expect(sorted(item(409, 'resource_already_exists_exception'))).toMatchObject({ newer: [], rejected: [{ status: 409 }] })
})

test('a full queue or a failing shard is no fault of the document: it goes again, with the first reason', () => {
  const result = sorted(full, item(503, 'unavailable_shards_exception', 'primary shard is not active'), item(201))
  expect(result.again.map(doc => doc.id)).toEqual(['0', '1'])
  expect(result).toMatchObject({ written: 1, blocked: false, reason: '429 es_rejected_execution_exception: queue full' })
})

test.each([flood, item(403, 'cluster_block_exception', 'index [cities] blocked by: [FORBIDDEN/8/index write (api)];')])(
  'a blocked index is waited for: $reason',
  block => {
    expect(sorted(block)).toMatchObject({ blocked: true, again: [{ id: '0' }], rejected: [] })
  },
)

test.each([
  [item(403, 'security_exception', 'action [indices:data/write/bulk[s]] is unauthorized'), 'forbidden'],
  [item(401, 'security_exception', 'missing credentials'), 'forbidden'],
  [item(404, 'index_not_found_exception', 'no such index [cities]'), 'target-changed'],
  [item(400, 'index_closed_exception', 'closed'), 'target-changed'],
] as const)('%j means that no document can be written, so the run stops with %s', (refused, code) => {
  expect(() => sorted(item(201), refused)).toThrow(
    expect.objectContaining({ code, recovery: 'fatal', message: expect.stringContaining(refused.reason) as string }),
  )
})

test('every document of an answer is accounted for once', () => {
  const any = fc.constantFrom(item(200), item(201), conflict, mapping, full, flood, item(500, 'x'), item(409, 'y'))
  fc.assert(
    fc.property(fc.array(any, { maxLength: 50 }), items => {
      const { written, newer, rejected, again } = sorted(...items)
      expect(written + newer.length + rejected.length + again.length).toBe(items.length)
    }),
  )
})
