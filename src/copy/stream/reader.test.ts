import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { connectTo, send } from '../../../test/contract/connect-to.ts'
import type { Effect } from '../../../test/fake/faults.ts'
import { startFake } from '../../../test/fake/fake.ts'
import type { FakeCluster, FakeOptions } from '../../../test/fake/fake.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import { indexTask } from '../../journal/sample-entries.test-part.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Reader } from '../../model/ports.ts'
import { streamReader } from './reader.ts'
import type { StreamReaderOptions } from './reader.ts'

interface Given {
  readonly id: string
  readonly routing?: string
  readonly source?: string
}
interface Read {
  readonly id: string
  readonly routing: string | undefined
  readonly version: bigint
  readonly source: string
}

const MB = 1024 * 1024

let fake: FakeCluster
let source: Cluster
let task: IndexTask
let reader: Reader
afterEach(async () => {
  await source.close()
  await fake.close()
})

/** A fake source with the index `cities`, and a reader whose pages have about `pageDocs` documents. */
async function given(
  documents: readonly Given[],
  more: {
    readonly fake?: FakeOptions
    readonly shards?: number
    readonly pageDocs?: number
    readonly options?: Partial<StreamReaderOptions>
    readonly task?: Partial<IndexTask>
  } = {},
): Promise<void> {
  const { shards = 1, pageDocs = 10 } = more
  fake = await startFake(more.fake)
  source = await connectTo(fake.url)
  await send(fake.url, 'PUT', '/cities', {
    settings: { number_of_shards: shards, refresh_interval: '-1' },
    mappings: { dynamic: false, properties: { even: { type: 'keyword' } } },
  })
  await add(documents)
  const docBytes = 50
  task = indexTask('cities', {
    uuid: fake.store.index('cities').uuid,
    shards,
    estimate: { docs: 1_000, bytes: 1_000 * docBytes },
    ...more.task,
  })
  reader = streamReader(source, {
    partitionDocs: 100_000,
    partitionBytes: 64 * MB,
    pageBytes: pageDocs * (docBytes + 150),
    ...more.options,
  })
}

async function add(documents: readonly Given[]): Promise<void> {
  const lines = documents.map(({ id, routing, source: text = `{"id":${JSON.stringify(id)}}` }) => {
    const action = { index: { _id: id, ...(routing === undefined ? {} : { routing }) } }
    return `${JSON.stringify(action)}\n${text}\n`
  })
  if (lines.length > 0) expect(await send(fake.url, 'POST', '/cities/_bulk', lines.join(''))).toMatchObject({ errors: false })
}

function cities(count: number, from = 0): Given[] {
  return Array.from({ length: count }, (_, i) => ({ id: `c${from + i}` }))
}

async function partitions(round = 0, shards?: Awaited<ReturnType<Reader['marks']>>): Promise<readonly Partition[]> {
  const marks = await reader.marks(task, never)
  return reader.partitions(task, round, shards && { shards, again: [] }, marks, never)
}

async function read(partition: Partition): Promise<Read[]> {
  const found: Read[] = []
  for await (const batch of reader.read(task, partition, never)) {
    expect(batch.bytes).toBe(batch.docs.reduce((sum, doc) => sum + doc.source.length, 0))
    for (const { id, routing, version, source } of batch.docs)
      found.push({ id, routing, version, source: Buffer.from(source).toString() })
    batch.release()
  }
  return found
}

async function readAll(): Promise<Read[]> {
  const found: Read[] = []
  for (const partition of await partitions()) found.push(...(await read(partition)))
  return found
}

async function onlyPartition(): Promise<Partition> {
  const [partition, ...others] = await partitions()
  expect(others).toEqual([])
  return partition!
}

function idsOf(documents: readonly { readonly id: string }[]): string[] {
  return documents.map(({ id }) => id).toSorted()
}

function requests(method: string, path: RegExp): FakeCluster['requests'] {
  return fake.requests.filter(request => request.method === method && path.test(request.path))
}

/** Every page asked for: its size, and whether it opens a scroll. */
function pageSizes(): number[] {
  return requests('POST', /_search$/).map(request => (JSON.parse(request.body.toString()) as { size: number }).size)
}

test('every document is read once, from every shard, with its sequence number + 1 as version and its bytes as they are', async () => {
  const list = cities(95).map((city, i) => ({ ...city, source: ` {"n": ${i}.50, "big": 12345678901234567890}` }))
  await given(list, { shards: 3 })
  const found = await readAll()
  expect(idsOf(found)).toEqual(idsOf(list))
  for (const shard of fake.store.index('cities').shards)
    for (const { id, seqNo, source } of shard.live.values())
      expect(found.find(doc => doc.id === id)).toEqual({
        id,
        routing: undefined,
        version: BigInt(seqNo + 1),
        source: source.toString(),
      })
})

test('whatever was written, overwritten and deleted, the partitions together give each live document once', async () => {
  const write = fc.record({ id: fc.nat(30).map(String), remove: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { maxLength: 80 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 40 }),
      async (writes, shards, pageDocs, partitionDocs) => {
        await given([], { shards, pageDocs, options: { partitionDocs } })
        const lines = writes.map(({ id, remove }, i) =>
          remove ? `{"delete":{"_id":"${id}"}}\n` : `{"index":{"_id":"${id}"}}\n{"n":${i}}\n`,
        )
        if (lines.length > 0) await send(fake.url, 'POST', '/cities/_bulk', lines.join(''))
        const live = fake.store.index('cities').shards.flatMap(shard => [...shard.live.values()])
        expect(idsOf(await readAll())).toEqual(idsOf(live))
        expect(fake.store.contexts.size).toBe(0)
        await source.close()
        await fake.close()
      },
    ),
    { numRuns: 40 },
  )
})

test('a later round has what was written since the marks of the earlier one, and nothing else', async () => {
  await given(cities(20), { shards: 2 })
  const marks = await reader.marks(task, never)
  await add([...cities(3, 18), ...cities(2, 100)])
  const found: Read[] = []
  for (const partition of await partitions(1, marks)) {
    expect(partition).toMatchObject({ round: 1, index: 'cities' })
    found.push(...(await read(partition)))
  }
  expect(idsOf(found)).toEqual(idsOf([...cities(3, 18), ...cities(2, 100)]))
  expect(await partitions(2, await reader.marks(task, never))).toEqual([])
})

test('the checkpoint is asked before the refresh, so that everything up to it is visible', async () => {
  await given(cities(5))
  fake.requests.length = 0
  expect(await reader.marks(task, never)).toMatchObject([{ shard: 0, upTo: 4, deletes: 0 }])
  expect(fake.requests.map(request => request.path)).toEqual([
    '/cities/_settings/index.uuid',
    '/_cluster/state/metadata/cities',
    '/cities/_stats/indexing',
    '/_cluster/state/metadata/cities',
    '/cities/_refresh',
  ])
  expect(fake.store.index('cities').shards[0]?.searchable.length).toBe(5)
})

test('operations above the global checkpoint are left to the next round', async () => {
  await given(cities(10))
  fake.store.index('cities').shards[0]!.checkpointLag = 3
  expect(idsOf(await readAll())).toEqual(idsOf(cities(7)))
})

test('a large shard is cut into partitions that each have about as many documents as asked for', async () => {
  await given(cities(100), { options: { partitionDocs: 20 } })
  const cut = await partitions()
  expect(cut.map(partition => partition.estimatedDocs)).toEqual([20, 20, 20, 20, 20])
  expect(new Set(cut.map(partition => partition.id)).size).toBe(5)
  const heavy = { ...task, estimate: { docs: 100, bytes: 100 * MB } }
  expect((await reader.partitions(heavy, 0, undefined, await reader.marks(heavy, never), never)).length).toBe(5)
})

test.each(['deleted', 'created anew'])('an index that was %s since the plan was made is not read', async what => {
  await given(cities(3))
  await send(fake.url, 'DELETE', '/cities')
  if (what === 'created anew') await send(fake.url, 'PUT', '/cities', {})
  await expect(reader.marks(task, never)).rejects.toMatchObject({
    code: 'lineage-changed',
    message: expect.stringContaining(what) as string,
  })
})

test.each([
  [{ status: 503 }, 'unavailable', 'retry'],
  [{ status: 429 }, 'overloaded', 'retry'],
  // Accepted before: a node that starts does not know its users yet.
  [{ status: 401 }, 'unauthorized', 'retry'],
  [{ status: 403 }, 'forbidden', 'fatal'],
] as const)(
  'a source that does not tell the uuid (%j) is not taken for a source that lost the index',
  async (effect, code, recovery) => {
    await given(cities(3))
    fake.faults.push({ path: /index\.uuid/, effect })
    await expect(reader.marks(task, never)).rejects.toMatchObject({ code, recovery })
  },
)

test('a partition that fits one page is read by one search, without a scroll', async () => {
  await given(cities(8))
  const partition = await onlyPartition()
  fake.requests.length = 0
  expect((await read(partition)).length).toBe(8)
  expect(fake.requests.map(({ method, path, query }) => [method, path, query.get('scroll')])).toEqual([
    ['POST', '/cities/_search', null],
  ])
  expect(fake.store.contexts.size).toBe(0)
})

test('a scroll is closed at the end, when the consumer stops early, and when a page fails', async () => {
  await given(cities(35))
  const partition = await onlyPartition()
  expect((await read(partition)).length).toBe(35)
  expect(fake.store.contexts.size).toBe(0)
  for await (const batch of reader.read(task, partition, never)) {
    expect(batch.docs.length).toBeLessThan(35)
    expect(fake.store.contexts.size).toBe(1)
    break
  }
  expect(fake.store.contexts.size).toBe(0)
  fake.faults.push({ method: 'POST', path: /scroll$/, effect: { status: 500 } })
  await expect(read(partition)).rejects.toMatchObject({ recovery: 'redo' })
  expect(fake.store.contexts.size).toBe(0)
})

test('while a partition is read, later writes neither add to it nor take from it', async () => {
  await given(cities(35))
  const partition = await onlyPartition()
  const found: string[] = []
  for await (const batch of reader.read(task, partition, never)) {
    found.push(...batch.docs.map(doc => doc.id))
    await add(cities(40))
    await send(fake.url, 'POST', '/cities/_refresh')
    batch.release()
  }
  expect(found.toSorted()).toEqual(idsOf(cities(35)))
})

const anywhere = [
  ['the only page', 8, 0],
  ['the first page of a scroll', 35, 0],
  ['a later page of a scroll', 35, 1],
  ['the last page of a scroll', 35, 3],
] as const

/** Every way a page can be less than it should be. What it costs: the partition again, or (`retry`) after a rest. */
const holes: readonly (readonly [string, Effect, readonly string[]])[] = [
  ['hits left out', { truncateHits: 2 }, ['response-partial']],
  ['a failed shard', { failedShards: true }, ['response-partial']],
  ['an answer that is cut off', { cut: 150 }, ['unavailable', 'response-unreadable']],
  ['a connection that breaks', { reset: 'after' }, ['unavailable']],
  ['a 502 of a proxy', { status: 502, body: 'bad gateway' }, ['unavailable']],
]

for (const [where, count, after] of anywhere) {
  test.each(holes)(`on ${where}, %s is found, and the partition is whole when it is read again`, async (_, effect, codes) => {
    await given(cities(count))
    const partition = await onlyPartition()
    fake.faults.push({ method: 'POST', path: /_search(\/scroll)?(\?|$)/, after, effect })
    const failure: unknown = await read(partition).catch((thrown: unknown) => thrown)
    expect(fake.faults.hits).toBe(1)
    expect(failure).toMatchObject({
      code: expect.toBeOneOf([...codes]) as string,
      recovery: after > 0 ? 'redo' : (expect.toBeOneOf(['redo', 'retry']) as string),
    })
    expect(idsOf(await read(partition))).toEqual(idsOf(cities(count)))
    expect(fake.store.contexts.size).toBeLessThanOrEqual(1)
  })
}

test('a scroll that is lost, as when a node restarts, costs the partition and nothing else', async () => {
  await given(cities(35))
  const partition = await onlyPartition()
  fake.faults.push({ path: /_search\/scroll/, after: 1, effect: { loseScrolls: true } })
  await expect(read(partition)).rejects.toMatchObject({ code: 'cursor-lost', recovery: 'redo' })
  expect(idsOf(await read(partition))).toEqual(idsOf(cities(35)))
})

test('a page that breaks the breaker of the source is asked for again in smaller pages', async () => {
  await given(cities(100), { pageDocs: 80 })
  const partition = await onlyPartition()
  const reason = { type: 'circuit_breaking_exception', reason: '[parent] Data too large' }
  fake.faults.push({
    path: /_search/,
    effect: { status: 429, body: { error: { root_cause: [reason], ...reason }, status: 429 } },
  })
  await expect(read(partition)).rejects.toMatchObject({ code: 'overloaded', recovery: 'retry' })
  expect((await read(partition)).length).toBe(100)
  const [first, ...others] = pageSizes()
  expect(first).toBe(80)
  expect(Math.max(...others)).toBeLessThanOrEqual(20)
})

test('a page far heavier than the sample promised is given up, and read in smaller pages until it fits', async () => {
  const text = 'x'.repeat(MB)
  await given(
    cities(40).map(city => ({ ...city, source: `{"t":"${text}"}` })),
    { pageDocs: 100 },
  )
  const partition = await onlyPartition()
  let attempts = 1
  let found: Read[] | undefined
  for (; !found; attempts++) {
    found = await read(partition).catch((thrown: unknown) => {
      expect(thrown).toMatchObject({ code: 'page-too-large', recovery: 'redo' })
      return undefined
    })
  }
  expect(idsOf(found)).toEqual(idsOf(cities(40)))
  expect(pageSizes()[0]).toBe(100)
  expect(attempts).toBeLessThanOrEqual(4)
  expect(await read(partition)).toEqual(found)
})

test('documents with line breaks and comments come out as one line that means the same', async () => {
  await given([])
  const many = '{\n  "a": 1.50, // one } and a half\r\n  /* "b": 2,\n */ "c": "/* kept */ // kept"\n}\n'
  await send(fake.url, 'PUT', '/cities/_doc/many', many)
  await send(fake.url, 'PUT', '/cities/_doc/one', ' {"a":1.50 /* on one line */}')
  const found = await readAll()
  const [text = ''] = found.filter(doc => doc.id === 'many').map(doc => doc.source)
  expect(text).not.toMatch(/[\n\r]/)
  expect(JSON.parse(text.replace(/\/\* "b".*? \*\//, ''))).toEqual({ a: 1.5, c: '/* kept */ // kept' })
  expect(text).toContain('1.50')
  expect(found.find(doc => doc.id === 'one')?.source).toBe(' {"a":1.50 /* on one line */}')
})

/** Documents that servers accept, whose last comment swallows, by the letter, what follows them in a page. */
const swallowers = ['{"a":1.50} // the end', '{"a":1}//', ' { /* in */ "a": [1,2 ] } //,"sort":[0]}]}}', '{"a":1} // "x\\']

test.each([
  ['one', [17]],
  ['the first and the last', [0, 99]],
  ['several side by side', [40, 41, 42, 43]],
  ['all', Array.from({ length: 100 }, (_, i) => i)],
])('of 100 documents, %s may end in a comment: each comes out with its bytes, and so do its neighbours', async (_, odd) => {
  const list = cities(100).map((city, i) =>
    odd.includes(i) ? { ...city, source: swallowers[i % swallowers.length]! } : { ...city, source: `{"n": ${i}.0}` },
  )
  await given(list, { pageDocs: 30 })
  const found = await readAll()
  expect(found.map(({ id, source: text }) => ({ id, source: text }))).toEqual(
    list.map(({ id, source: text }) => ({ id, source: text })),
  )
  expect(found.map(doc => doc.version)).toEqual(list.map((_city, i) => BigInt(i + 1)))
})

test('a comment at the end, and a line break in a later document that would end it, hide nothing in between', async () => {
  const list = cities(12)
  await given(list.slice(0, 5))
  await add([{ id: 'swallows', source: '{"a":1} // and on' }, ...list.slice(5, 8)])
  // Its line break stands where the swallowed ones' braces add up.
  await send(fake.url, 'PUT', '/cities/_doc/breaks', '\n{"b":2}')
  await add(list.slice(8))
  const found = await readAll()
  expect(idsOf(found)).toEqual([...idsOf(list), 'breaks', 'swallows'].toSorted())
  expect(found.find(({ id }) => id === 'swallows')?.source).toBe('{"a":1} // and on')
  expect(found.find(({ id }) => id === 'breaks')?.source.trim()).toBe('{"b":2}')
})

test('ids and routings with every legal character come back as they are', async () => {
  const texts = [
    'a"b',
    'back\\slash',
    'new\nline',
    'tab\t',
    '\u0001',
    'é',
    '漢字',
    '😀',
    'a/b?c=d&e#f',
    '%41',
    ' blank ',
    '\u2028',
    '{"_id":"x"}',
    'x'.repeat(512),
  ]
  await given(
    texts.map(id => ({ id, routing: id })),
    { pageDocs: 4 },
  )
  const found = await readAll()
  expect(idsOf(found)).toEqual(texts.toSorted())
  for (const doc of found) expect(doc.routing).toBe(doc.id)
})

test('only what the task’s query matches is read, and counted', async () => {
  const list = cities(30).map((city, i) => ({ ...city, source: `{"even":"${i % 2 === 0 ? 'yes' : 'no'}"}` }))
  await given(list, { task: { query: { term: { even: 'yes' } } } })
  const partition = await onlyPartition()
  expect(partition.estimatedDocs).toBe(15)
  expect((await read(partition)).length).toBe(15)
})

test('where the plan says so, primaries only are read', async () => {
  await given(cities(8), { task: { read: { by: 'seq-no', primaryOnly: true } } })
  fake.requests.length = 0
  await readAll()
  const preferences = requests('POST', /_(search|count)$/).map(request => request.query.get('preference'))
  expect(new Set(preferences)).toEqual(new Set(['_shards:0|_primary']))
})

const slices: Partial<IndexTask> = { read: { by: 'slices', slices: 3 }, versionFrom: 'version' }

test('a source without sequence numbers is read by slices, with the documents’ own versions', async () => {
  await given(cities(50), { shards: 2, task: slices, fake: { sequenceNumbers: false, version: '5.6.16' } })
  await add(cities(1))
  expect(await reader.marks(task, never)).toMatchObject([
    { upTo: -1, operations: 25, primary: expect.stringContaining('since') as string },
    { upTo: -1, operations: 26 },
  ])
  const cut = await partitions()
  expect(cut.map(partition => partition.range)).toEqual([0, 1, 2].map(slice => ({ by: 'slice', slice, of: 3 })))
  const found = await readAll()
  expect(idsOf(found)).toEqual(idsOf(cities(50)))
  expect(found.map(doc => doc.version).toSorted((a, b) => Number(a - b))).toEqual([...Array.from({ length: 49 }, () => 1n), 2n])
  expect(fake.store.contexts.size).toBe(0)
})

test.each([1, 2, 3, 7])(
  'an OpenSearch source, which asks only the shards a slice lies on, is read whole by %d slices',
  async count => {
    const read = { by: 'slices', slices: count } as const
    await given(cities(50), {
      shards: 3,
      task: { read, versionFrom: 'version' },
      fake: { flavor: 'opensearch', version: '2.19.4' },
    })
    expect(idsOf(await readAll())).toEqual(idsOf(cities(50)))
    expect(fake.store.contexts.size).toBe(0)
  },
)

test('an empty index has no partitions, by sequence numbers as by slices', async () => {
  await given([])
  expect(await partitions()).toEqual([])
  task = { ...task, ...slices }
  expect(await partitions()).toEqual([])
})

test('slices are read also where the user may not refresh', async () => {
  await given(cities(5), { task: slices })
  await send(fake.url, 'POST', '/cities/_refresh')
  fake.faults.push({ path: /_refresh/, times: Infinity, effect: { status: 403 } })
  expect(idsOf(await readAll())).toEqual(idsOf(cities(5)))
})

test('a document without a number to be versioned by, or without a source, is told, not guessed', async () => {
  await given(cities(3))
  const partition = await onlyPartition()
  const answer = (hit: object): Effect => ({
    status: 200,
    body: {
      timed_out: false,
      _shards: { total: 1, successful: 1, failed: 0 },
      hits: { total: { value: 1, relation: 'eq' }, hits: [{ _index: 'cities', _id: 'a', ...hit }] },
    },
  })
  fake.faults.push({ path: /_search/, effect: answer({ _version: 1, _seq_no: -2, _source: {} }) })
  await expect(read(partition)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('no sequence number') as string,
  })
  fake.faults.push({ path: /_search/, effect: answer({ _version: 1, _seq_no: 4 }) })
  await expect(read(partition)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('no _source') as string,
  })
})

test('an abort ends a read that waits for an answer, with the scroll closed', async () => {
  await given(cities(35))
  const partition = await onlyPartition()
  fake.faults.push({ method: 'POST', path: /_search\/scroll/, effect: { hang: true } })
  const stop = new AbortController()
  const reading = (async () => {
    for await (const batch of reader.read(task, partition, stop.signal)) {
      batch.release()
      setImmediate(() => stop.abort(new Error('enough')))
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'stopped' })
  expect(fake.store.contexts.size).toBe(0)
})
