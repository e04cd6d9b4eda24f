import { expect, test } from 'vitest'
import { opensearch, tableCluster } from '../../metadata/table-cluster.test-part.ts'
import type { Table, TableCluster } from '../../metadata/table-cluster.test-part.ts'
import type { Doc } from '../../model/documents.ts'
import { sendToBacking } from './backing-writes.ts'
import { nothingSorted } from './sort-items.ts'
import type { Sorted } from './sort-items.ts'

const signal = AbortSignal.timeout(10_000)
const index = '.ds-logs-000001'

function doc(id: string, over: Partial<Doc> = {}): Doc {
  return { id, routing: undefined, version: 7n, source: Buffer.from('{"v": 1.50}'), ...over }
}

const conflict = { type: 'version_conflict_engine_exception', reason: 'there is one' }
const disallowed = { type: 'illegal_argument_exception', reason: 'op_type=create targeting backing indices is disallowed' }

function items(...outcomes: readonly { op: string; status: number; error?: object }[]): { body: unknown } {
  return { body: { errors: true, items: outcomes.map(({ op, ...outcome }) => ({ [op]: outcome })) } }
}

function found(...standing: readonly (readonly [seqNo: number, term: number] | undefined)[]): { body: unknown } {
  return {
    body: { docs: standing.map(one => (one ? { found: true, _seq_no: one[0], _primary_term: one[1] } : { found: false })) },
  }
}

async function send(
  table: Table,
  docs: readonly Doc[],
  replaces = true,
): Promise<{ into: Sorted; bodies: readonly string[]; target: TableCluster }> {
  const bodies: string[] = []
  const asked = tableCluster(opensearch('2.19.4'), table)
  const target: TableCluster = {
    ...asked,
    exchange: request => {
      // A bulk body's memory is used again.
      if (request.path.endsWith('/_bulk')) bodies.push(Buffer.from(request.body as Uint8Array).toString())
      return asked.exchange(request)
    },
  }
  const into = nothingSorted()
  await sendToBacking(target, index, docs, replaces, into, signal)
  return { into, bodies, target }
}

test('a document is made where none stands, and written over on the condition that what was seen still stands', async () => {
  const { into, bodies } = await send(
    {
      [`POST /<${index}>/_bulk`]: items({ op: 'create', status: 201 }, { op: 'create', status: 409, error: conflict }),
      [`POST /${index}/_mget`]: found([12, 3]),
      [`POST /${index}/_bulk`]: items({ op: 'index', status: 200 }),
    },
    [doc('a', { routing: 'r' }), doc('b')],
  )
  expect(into).toMatchObject({ written: 2, newer: [], rejected: [], again: [] })
  expect(bodies).toEqual([
    '{"create":{"_id":"a","routing":"r"}}\n{"v": 1.50}\n{"create":{"_id":"b"}}\n{"v": 1.50}\n',
    '{"index":{"_id":"b","if_seq_no":12,"if_primary_term":3}}\n{"v": 1.50}\n',
  ])
})

test('where no document may be made, an upsert makes it, and its very bytes take the place', async () => {
  const { into, bodies } = await send(
    {
      [`POST /<${index}>/_bulk`]: items({ op: 'create', status: 400, error: disallowed }),
      [`POST /${index}/_mget`]: [found(undefined), found([0, 1])],
      [`POST /${index}/_bulk`]: [items({ op: 'update', status: 201 }), items({ op: 'index', status: 200 })],
    },
    [doc('a')],
  )
  expect(into).toMatchObject({ written: 1, again: [], rejected: [] })
  expect(bodies.slice(1)).toEqual([
    '{"update":{"_id":"a"}}\n{"doc":{"v": 1.50},"doc_as_upsert":true}\n',
    '{"index":{"_id":"a","if_seq_no":0,"if_primary_term":1}}\n{"v": 1.50}\n',
  ])
})

test('what somebody writes in between is looked at again, and what was read long ago goes over nothing', async () => {
  const table = {
    [`POST /<${index}>/_bulk`]: items({ op: 'create', status: 409, error: conflict }),
    [`POST /${index}/_mget`]: found([12, 3]),
    [`POST /${index}/_bulk`]: items({ op: 'index', status: 409, error: conflict }),
  }
  const { into } = await send(table, [doc('a')])
  expect(into).toMatchObject({ written: 0, newer: [], again: [{ id: 'a' }] })
  const late = await send(table, [doc('a')], false)
  expect(late.into).toMatchObject({ written: 0, newer: [{ id: 'a' }], again: [] })
  expect(late.bodies).toHaveLength(1)
})

test('deletes keep their versions, and a document that the target refuses is told as it came', async () => {
  const malformed = { type: 'mapper_parsing_exception', reason: 'no date' }
  const { into, bodies } = await send(
    {
      [`POST /${index}/_bulk`]: items({ op: 'delete', status: 200 }),
      [`POST /<${index}>/_bulk`]: items({ op: 'create', status: 400, error: malformed }),
    },
    [doc('gone', { op: 'delete' }), doc('bad')],
  )
  expect(bodies[0]).toBe('{"delete":{"_id":"gone","version":7,"version_type":"external_gte"}}\n')
  expect(into).toMatchObject({
    written: 1,
    rejected: [{ status: 400, type: 'mapper_parsing_exception', doc: { id: 'bad', version: 7n } }],
  })
  expect(into.rejected[0]?.doc.op).toBeUndefined()
})
