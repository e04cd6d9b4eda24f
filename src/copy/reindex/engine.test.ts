import { expect, test } from 'vitest'
import type { ReindexStatus } from '../../cluster/reindex.ts'
import { never, turn, virtualWorld } from '../../flow/virtual-world.test-part.ts'
import { indexTask, plan } from '../../journal/sample-entries.test-part.ts'
import { elasticsearch, opensearch, tableCluster } from '../../metadata/table-cluster.test-part.ts'
import type { Reply, Table } from '../../metadata/table-cluster.test-part.ts'
import { noCounts } from '../../model/documents.ts'
import type { Counts, Partition } from '../../model/documents.ts'
import { Secret } from '../../model/secret.ts'
import { reindexEngine } from './engine.ts'
import { taskMarks } from './opaque-id.ts'
import { reindexTasksStep } from './tasks-step.ts'

const task = indexTask('cities', { target: 'towns', engine: 'reindex', versionFrom: 'version' })
const marks = taskMarks(plan(task))
const part: Partition = {
  id: 'cities.r0.all.0-99',
  index: 'cities',
  round: 0,
  range: { by: 'seq-no-band', from: 0, to: 99 },
  estimatedDocs: 100,
}

function status(created: number, more: Partial<ReindexStatus> = {}): ReindexStatus {
  const none = { updated: 0, deleted: 0, version_conflicts: 0, noops: 0, retries: { bulk: 0, search: 0 } }
  return { total: 100, created, ...none, ...more }
}

function running(created: number, more: Partial<ReindexStatus> = {}): Reply {
  return { body: { completed: false, task: { status: status(created, more) } } }
}

function done(created: number, more: object = {}): Reply {
  const response = { ...status(created), timed_out: false, failures: [], ...more }
  return { body: { completed: true, task: { status: response }, response } }
}

function brokeOff(type: string, reason: string): Reply {
  return { body: { completed: true, task: {}, error: { type, reason } } }
}

const counted: Reply = { body: { count: 100, _shards: { total: 1, successful: 1, failed: 0 } } }
const notFound: Reply = { status: 404, body: { error: { type: 'resource_not_found_exception', reason: 'gone' }, status: 404 } }
const submitted: readonly Reply[] = ['n:1', 'n:2', 'n:3', 'n:4', 'n:5', 'n:6', 'n:7', 'n:8'].map(id => ({ body: { task: id } }))
const noTasks: Reply = { body: { nodes: {} } }

interface Made {
  readonly tasks: Table
  readonly counts?: readonly Reply[]
  readonly journaled?: string
  readonly docsPerSecond?: number
  readonly remember?: (id: string) => void
}

/** The engine between a source and a target that answer from a table, and a record of what was asked. */
function lane({ tasks, counts = [counted], journaled, docsPerSecond = 0, remember }: Made) {
  const source = tableCluster(elasticsearch('7.10.2'), { 'POST /cities/_count': counts }, 'source')
  const target = tableCluster(opensearch('2.19.4'), {
    'GET /_nodes/_master/http': { body: { nodes: { n: { http: { publish_address: 'm.example/10.0.0.1:9200' } } } } },
    'GET /': { body: {} },
    'POST /_reindex': submitted,
    'GET /_tasks': noTasks,
    ...Object.fromEntries([1, 2, 3].map(n => [`POST /_tasks/n:${n}/_cancel`, { body: {} }])),
    ...tasks,
  })
  const remembered: string[] = []
  const streamed: number[] = []
  const observed: string[] = []
  let shown: Counts = noCounts
  const add = (counts: Partial<Counts>, sign: 1 | -1): void => {
    shown = { ...shown, read: shown.read + sign * (counts.read ?? 0), written: shown.written + sign * (counts.written ?? 0) }
  }
  const throttler = {
    width: 4,
    maxWidth: 4,
    reason: '',
    paused: false,
    pausedBy: undefined,
    docsPerSecond,
    bytesPerSecond: 0,
    entered: 0,
    enter: () => {
      throttler.entered++
      throttler.paused = false
      return Promise.resolve(() => void throttler.entered--)
    },
    observe: (outcome: string) => void observed.push(outcome),
    obey: () => undefined,
    hurry: () => ({ [Symbol.dispose]: () => undefined }),
  }
  const world = virtualWorld({ restless: true })
  const engine = reindexEngine(
    {
      source,
      target,
      remote: {
        host: 'https://old.example:9200',
        auth: { kind: 'basic', username: 'reader', password: new Secret('Lantern-1') },
        timeoutMs: 90_000,
      },
      stream: {
        copy: (_task, partition, attempt) => {
          streamed.push(attempt)
          return Promise.resolve({
            partition: partition.id,
            index: 'cities',
            round: 0,
            counts: noCounts,
            attempts: attempt,
            tookMs: 0,
          })
        },
      },
      tasks: {
        taskOf: () => remembered.at(-1) ?? journaled,
        remember: (_partition, id) => {
          remember?.(id)
          remembered.push(id)
        },
      },
      marks,
      throttler,
      meter: {
        read: (_index, docs) => add({ read: docs }, 1),
        wrote: (_index, { written }) => add({ written }, 1),
        retried: () => undefined,
        redone: (_index, counts) => add(counts, -1),
      },
      world,
    },
    { batchBytes: 3_000_000, node: undefined, giveUpAfterMs: 60_000 },
  )
  const asked = (call: string) => target.seen.filter(({ method, path }) => `${method} ${decodeURIComponent(path)}` === call)
  return {
    engine,
    copy: (attempt = 1, signal: AbortSignal = never) => engine.copy(task, part, attempt, signal),
    asked,
    sizes: () => asked('POST /_reindex').map(({ body }) => (body as { source: { size: number } }).source.size),
    world,
    throttler,
    seen: () => ({ remembered, streamed, observed, shown }),
  }
}

test('a partition is settled by a task that ended by itself and accounts for every document', async () => {
  const { copy, asked, seen, world } = lane({
    tasks: { 'GET /_tasks/n:1': [running(0), running(40), done(90, { updated: 6, version_conflicts: 4 })] },
  })
  expect(await copy()).toMatchObject({
    partition: part.id,
    attempts: 1,
    counts: { read: 100, written: 96, alreadyNewer: 4, setAside: 0, filtered: 0, bytes: 10_000 },
  })
  expect(seen()).toMatchObject({ remembered: ['n:1'], streamed: [], shown: { read: 100, written: 96 } })
  expect(world.passed).toEqual(['task-submitted', 'task-journaled', 'partition-written'])
  expect(asked('POST /_reindex')[0]).toMatchObject({
    at: 'http://m.example:9200',
    once: true,
    headers: { 'x-opaque-id': marks.of(part.id) },
    query: { wait_for_completion: false, requests_per_second: -1 },
    body: {
      conflicts: 'proceed',
      source: {
        remote: { host: 'https://old.example:9200', username: 'reader', password: 'Lantern-1' },
        index: 'cities',
        query: { bool: { filter: [{ range: { _seq_no: { gte: 0, lte: 99 } } }] } },
      },
      dest: { index: 'towns', version_type: 'external_gte', op_type: 'index' },
    },
  })
})

test.each([
  ['fewer written than promised', done(99), 'response-partial'],
  ['fewer promised than the source counts', done(90, { total: 90 }), 'response-partial'],
  ['a document left alone', done(99, { noops: 1 }), 'response-partial'],
  ['a time-out', done(100, { timed_out: true }), 'response-partial'],
  ['a cancellation', done(100, { canceled: 'by user request' }), 'response-partial'],
  ['a shard lost on the source', done(100, { failures: [{ shard: 0, reason: { type: 'x', reason: 'y' } }] }), 'response-partial'],
  ['a lost scroll', brokeOff('status_exception', 'body={"type":"search_context_missing_exception"}'), 'cursor-lost'],
  ['a task that is gone', notFound, 'unavailable'],
  [
    'a full target',
    done(90, { failures: [{ id: '1', status: 429, cause: { type: 'es_rejected_execution_exception' } }] }),
    'overloaded',
  ],
])('%s never settles a partition, and takes back what was shown', async (_what, ending, code) => {
  const { copy, seen } = lane({ tasks: { 'GET /_tasks/n:1': [running(40), ending] } })
  await expect(copy()).rejects.toMatchObject({ code, recovery: expect.stringMatching(/redo|retry/) as string })
  expect(seen()).toMatchObject({ streamed: [], shown: { read: 0, written: 0 } })
})

test.each([
  ['reindex-not-allowed', 'illegal_argument_exception', '[old.example:9200] not allowlisted in reindex.remote.allowlist'],
  ['reindex-remote', 'connect_exception', 'Connection refused'],
  ['reindex-remote', 'unknown_host_exception', 'old.example: Name or service not known'],
  ['reindex-remote', 'connection_closed_exception', 'Connection is closed'],
  ['reindex-remote', 's_s_l_handshake_exception', 'PKIX path building failed'],
  ['reindex-remote', 's_s_l_handshake_exception', 'NotAfter: Mon Nov 23 11:04:24 UTC 2026'],
  ['reindex-remote', 's_s_l_peer_unverified_exception', 'Certificate for <old.example> does not match the certificate subject'],
  ['reindex-remote', 'status_exception', 'body={"error":{"type":"security_exception"},"status":401}'],
  ['index-unknown', 'status_exception', `body={"error":{"reason":"${'no such index '.repeat(50)}"},"status":404}`],
  ['unsupported', 'parsing_exception', 'Error parsing the response, remote is likely not an Elasticsearch instance'],
  ['request-refused', 'illegal_argument_exception', 'something else'],
])('%s stops the run at once with a remedy: %s', async (code, type, reason) => {
  const { copy } = lane({ tasks: { 'GET /_tasks/n:1': brokeOff(type, reason) } })
  await expect(copy()).rejects.toMatchObject({ code, recovery: 'fatal', hint: expect.stringMatching(/.{20}/) as string })
})

test('a target that blocks writes is waited for, longer than anything else', async () => {
  const failures = [{ id: '1', status: 403, cause: { type: 'cluster_block_exception', reason: 'flood stage' } }]
  const blocked = done(0, { failures })
  const { copy, seen, world } = lane({
    tasks: {
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map(n => [`GET /_tasks/n:${n}`, blocked])),
      'GET /_tasks/n:8': done(100),
    },
  })
  expect(await copy()).toMatchObject({ attempts: 8, counts: { written: 100 } })
  expect(seen().observed).toEqual([...Array.from({ length: 7 }, () => 'rejected'), 'accepted'])
  expect(Math.max(...world.naps)).toBeGreaterThan(5_000)
})

test('a task that cannot be journaled is ended again', async () => {
  const { copy, asked } = lane({
    tasks: { 'GET /_tasks/n:1': done(1) },
    remember: () => {
      throw new Error('disk full')
    },
  })
  await expect(copy()).rejects.toThrow('disk full')
  expect(asked('POST /_tasks/n:1/_cancel')).toHaveLength(1)
})

test.each(['connect_exception', 'connection_closed_exception'])(
  'once a task has read from the source, a source that cannot be reached is waited for: %s',
  async type => {
    const { copy } = lane({ tasks: { 'GET /_tasks/n:1': done(100), 'GET /_tasks/n:2': brokeOff(type, '') } })
    await copy()
    await expect(copy()).rejects.toMatchObject({
      code: 'reindex-remote',
      recovery: 'retry',
      message: expect.stringContaining('cannot reach the source') as string,
    })
  },
)

test('a target without _reindex is told so', async () => {
  const refused = { status: 405, body: { error: 'Incorrect HTTP method for uri [/_reindex] and method [POST]', status: 405 } }
  const { copy } = lane({ tasks: { 'POST /_reindex': refused } })
  await expect(copy()).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringContaining('--engine stream') as string })
})

test('a batch that does not fit is halved, and stays so for the index', async () => {
  const tooLarge = brokeOff(
    'illegal_argument_exception',
    'Remote responded with a chunk that was too large. Use a smaller batch size.',
  )
  const pressed = brokeOff(
    'rejected_execution_exception',
    'rejected [coordinating_operation_bytes=52429807, max_coordinating_and_primary_bytes=41943040]',
  )
  const { copy, sizes } = lane({
    tasks: {
      'GET /_tasks/n:1': tooLarge,
      'GET /_tasks/n:2': pressed,
      'GET /_tasks/n:3': done(100),
      'GET /_tasks/n:4': done(100),
    },
  })
  expect(await copy()).toMatchObject({ attempts: 3 })
  await copy()
  expect(sizes()).toEqual([100, 50, 25, 25])
})

test('a document too large for any batch, and documents that the target refuses, are left to the stream', async () => {
  const tooLarge = brokeOff('illegal_argument_exception', 'Remote responded with a chunk that was too large.')
  const one: Reply = { body: { count: 1, _shards: { total: 1, successful: 1, failed: 0 } } }
  const large = lane({ tasks: { 'GET /_tasks/n:1': tooLarge }, counts: [one] })
  await large.copy()
  expect(large.seen().streamed).toEqual([2])

  const cause = { type: 'mapper_parsing_exception', reason: 'no date' }
  const refused = lane({ tasks: { 'GET /_tasks/n:1': done(90, { failures: [{ id: '7', status: 400, cause }] }) } })
  await refused.copy()
  expect(refused.seen()).toMatchObject({ streamed: [2], shown: { read: 0 } })
  expect(refused.throttler.entered).toBe(0)
  expect(refused.engine.notes()).toEqual([expect.stringContaining('400 mapper_parsing_exception: no date')])
})

test('a task that the journal knows is watched on, and no other is started', async () => {
  const { copy, asked } = lane({ tasks: { 'GET /_tasks/n:9': [running(50), done(100)] }, journaled: 'n:9' })
  expect(await copy()).toMatchObject({ attempts: 1, counts: { read: 100 } })
  expect(asked('POST /_reindex')).toEqual([])
})

test('a task that runs with our mark, which no journal knows, is watched on', async () => {
  const headers = { 'X-Opaque-Id': marks.of(part.id) }
  const listed = { body: { nodes: { n: { tasks: { 'n:8': { headers }, 'n:9': { headers: { 'X-Opaque-Id': 'another' } } } } } } }
  const { copy, asked } = lane({ tasks: { 'GET /_tasks': listed, 'GET /_tasks/n:8': done(100) } })
  await copy()
  expect(asked('POST /_reindex')).toEqual([])
})

test.each([
  ['gone', notFound],
  ['cancelled', done(10, { canceled: 'by user request' })],
  ['broken off for what was mended since', brokeOff('illegal_argument_exception', '[h:1] not whitelisted')],
])('a task of an earlier run that is %s is started anew', async (_what, ending) => {
  const { copy, seen } = lane({ tasks: { 'GET /_tasks/n:9': ending, 'GET /_tasks/n:1': done(100) }, journaled: 'n:9' })
  expect(await copy()).toMatchObject({ attempts: 2, counts: { read: 100, written: 100 } })
  expect(seen().remembered).toEqual(['n:1'])
})

test('what stops the run cancels the task, and waits until it has ended', async () => {
  const stop = new AbortController()
  const { copy, asked, world } = lane({ tasks: { 'GET /_tasks/n:1': [running(10), running(20), done(30, { canceled: 'x' })] } })
  const copied = copy(1, stop.signal)
  copied.catch(() => undefined)
  while (world.naps.length === 0) await turn()
  stop.abort(new Error('enough'))
  await expect(copied).rejects.toThrow('enough')
  expect(asked('POST /_tasks/n:1/_cancel')).toHaveLength(1)
  expect(asked('GET /_tasks/n:1').length).toBeGreaterThan(1)
})

test('a pause cancels the task; after it the partition is moved from its start', async () => {
  const { copy, asked, throttler, seen, world } = lane({
    tasks: { 'GET /_tasks/n:1': [running(10), running(20), done(20, { canceled: 'x' })], 'GET /_tasks/n:2': done(100) },
  })
  const copied = copy()
  while (world.naps.length === 0) await turn()
  throttler.paused = true
  expect(await copied).toMatchObject({ attempts: 2 })
  expect(asked('POST /_tasks/n:1/_cancel')).toHaveLength(1)
  expect(seen()).toMatchObject({ remembered: ['n:1', 'n:2'], shown: { read: 100, written: 100 } })
})

test('a changed limit is handed on to the running task', async () => {
  const { copy, asked, throttler, sizes, world } = lane({
    tasks: {
      'GET /_tasks/n:1': [running(10), running(20), running(30), done(100)],
      'POST /_reindex/n:1/_rethrottle': { body: {} },
    },
    docsPerSecond: 20,
  })
  const copied = copy()
  while (world.naps.length === 0) await turn()
  throttler.docsPerSecond = 0
  await copied
  expect(asked('POST /_reindex')[0]?.query).toMatchObject({ requests_per_second: 20 })
  expect(sizes()).toEqual([40])
  expect(asked('POST /_reindex/n:1/_rethrottle').map(({ query }) => query)).toEqual([{ requests_per_second: -1 }])
})

test('undoing the step ends every running task of this migration, and no other', async () => {
  const other = taskMarks({ ...plan(task), name: 'another' })
  const headersOf = (id: string) => ({ headers: { 'X-Opaque-Id': id } })
  const listed = { 'n:1': headersOf(marks.of('a')), 'n:2': headersOf(other.of('a')), 'n:3': headersOf(marks.of('b')) }
  const target = tableCluster(opensearch('2.19.4'), {
    'GET /_tasks': { body: { nodes: { n: { tasks: listed } } } },
    'POST /_tasks/n:1/_cancel': { body: {} },
    'POST /_tasks/n:3/_cancel': { body: {} },
    'GET /_tasks/n:1': done(1, { canceled: 'x' }),
    'GET /_tasks/n:3': notFound,
  })
  const step = reindexTasksStep(target, marks)
  await step.undo(await step.capture(never), never)
  const calls = target.seen.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
  expect(calls.filter(call => call.startsWith('POST'))).toEqual(['POST /_tasks/n:1/_cancel', 'POST /_tasks/n:3/_cancel'])
  expect(calls.filter(call => call.startsWith('GET /_tasks/'))).toEqual(['GET /_tasks/n:1', 'GET /_tasks/n:3'])
})

test('a master that does not answer where it says it would is passed over, and the report says so', async () => {
  const unreachable = { status: 502, body: {} }
  const { copy, asked, engine } = lane({ tasks: { 'GET /': unreachable, 'GET /_tasks/n:1': done(100) } })
  await copy()
  expect(asked('POST /_reindex')[0]?.at).toBeUndefined()
  expect(engine.notes()).toEqual([expect.stringContaining('does not answer at http://m.example:9200')])
})
