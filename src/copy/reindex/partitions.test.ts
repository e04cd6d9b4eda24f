import fc from 'fast-check'
import { expect, test } from 'vitest'
import { never } from '../../flow/virtual-world.test-part.ts'
import { indexTask, mark } from '../../journal/sample-entries.test-part.ts'
import { elasticsearch } from '../../metadata/table-cluster.test-part.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { JsonObject } from '../../model/plan.ts'
import type { Reader } from '../../model/ports.ts'
import { united, withReindexPartitions } from './partitions.ts'

const unused: Reader = {
  marks: () => Promise.reject(new Error('not asked')),
  partitions: () => Promise.reject(new Error('not asked')),
  read: () => {
    throw new Error('not asked')
  },
}

/** A source that holds one number per document, and counts those a range matches. */
function sourceOf(values: readonly (number | undefined)[], dates = false): Cluster {
  const known = values.filter(value => value !== undefined)
  const answer = (path: string, body: object): unknown => {
    if (path.endsWith('_refresh')) return { _shards: { failed: 0 } }
    if (path.endsWith('_search')) {
      const text = dates ? { value_as_string: 'a date' } : {}
      const of = (value: number): object => ({ value: known.length > 0 ? value : null, ...(known.length > 0 ? text : {}) })
      return { aggregations: { low: of(Math.min(...known)), high: of(Math.max(...known)) } }
    }
    const filter = (body as { query: { bool: { filter: JsonObject[] } } }).query.bool.filter[0]!
    const count = values.filter(value => matches(filter, value)).length
    return { count, _shards: { total: 1, successful: 1, failed: 0 } }
  }
  return {
    side: 'source',
    address: 'http://source:9200',
    identity: elasticsearch('7.10.2'),
    requestsSent: 0,
    exchange: ({ path, body }) =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: new TextEncoder().encode(JSON.stringify(answer(path, body as object))),
        release: () => undefined,
      }),
    close: () => Promise.resolve(),
  }
}

function matches(filter: JsonObject, value: number | undefined): boolean {
  const range = filter['range'] as Record<string, { gte?: number; gt?: number; lt?: number; lte?: number }> | undefined
  if (!range) return value === undefined
  const { gte = -Infinity, lt = Infinity, lte = Infinity } = Object.values(range)[0]!
  return value !== undefined && value >= gte && value < lt && value <= lte
}

function matching(range: unknown, values: readonly (number | undefined)[]): (number | undefined)[] {
  const { gte = -Infinity, lt = Infinity, missing } = range as { gte?: number; lt?: number; missing?: true }
  return values.filter(value => (missing ? value === undefined : value !== undefined && value >= gte && value < lt))
}

test('each document, with a value or without one, is in exactly one range of the field', async () => {
  const value = fc.option(fc.oneof(fc.integer({ min: -1e12, max: 1e12 }), fc.double({ noNaN: true, min: -5, max: 5 })), {
    nil: undefined,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (values, limit) => {
      const reader = withReindexPartitions(unused, sourceOf(values), { partitionDocs: limit, partitionBytes: 1e9 })
      const task = indexTask('cities', { engine: 'reindex', read: { by: 'field', field: 'when' } })
      const partitions = await reader.partitions(task, 0, undefined, [], never)
      const found = partitions.flatMap(({ range }) => matching(range, values))
      expect(found).toHaveLength(values.length)
      expect(new Set(partitions.map(({ id }) => id)).size).toBe(partitions.length)
    }),
  )
})

test('a date is asked for in whole milliseconds', async () => {
  const values = Array.from({ length: 40 }, (_, i) => 1_700_000_000_000 + 7 * i * i)
  const reader = withReindexPartitions(unused, sourceOf(values, true), { partitionDocs: 10, partitionBytes: 1e9 })
  const task = indexTask('cities', { engine: 'reindex', read: { by: 'field', field: 'when' } })
  const partitions = await reader.partitions(task, 0, undefined, [], never)
  expect(partitions.length).toBeGreaterThan(2)
  for (const { range } of partitions) {
    const { gte = 0, lt = 0, date } = range as { gte?: number; lt?: number; date: boolean }
    expect([Number.isInteger(gte), Number.isInteger(lt), date]).toEqual([true, true, true])
  }
})

test('a round reads what is new on each shard and what is to be read again, and not what lies between shards that stand far apart', async () => {
  const reader = withReindexPartitions(unused, sourceOf(Array.from({ length: 1000 }, (_, i) => i)), {
    partitionDocs: 1e6,
    partitionBytes: 1e9,
  })
  const task = indexTask('cities', { engine: 'reindex' })
  const ranges = async (...steps: readonly [since: number, now: number][]) =>
    (
      await reader.partitions(
        task,
        1,
        { shards: steps.map(([since], shard) => mark(since, shard)), again: [{ by: 'seq-no', shard: 0, from: 7, to: 9 }] },
        steps.map(([, now], shard) => mark(now, shard)),
        never,
      )
    ).map(({ range }) => range)
  expect(await ranges([899, 950], [99, 120], [119, 119])).toEqual([
    { by: 'seq-no-band', from: 7, to: 9 },
    { by: 'seq-no-band', from: 100, to: 120 },
    { by: 'seq-no-band', from: 900, to: 950 },
  ])
  expect(await ranges([99, 99])).toEqual([{ by: 'seq-no-band', from: 7, to: 9 }])
})

test('intervals become disjoint ones that hold the same numbers', () => {
  const interval = fc.tuple(fc.nat(200), fc.nat(30)).map(([from, width]) => ({ from, to: from + width }))
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 12 }), intervals => {
      const holds = (list: readonly { from: number; to: number }[], n: number): number =>
        list.filter(({ from, to }) => n >= from && n <= to).length
      const result = united(intervals)
      for (let n = 0; n <= 231; n++) expect(holds(result, n)).toBe(Math.min(1, holds(intervals, n)))
    }),
  )
})
