import { expect, test } from 'vitest'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'
import { pressureProbe } from './pressure.ts'

const signal = AbortSignal.timeout(10_000)

/** Answers by path; a number is a status with the server's usual error. */
function cluster(answers: Readonly<Record<string, object | number>>): Connection & { readonly asked: ClusterRequest[] } {
  const asked: ClusterRequest[] = []
  return {
    side: 'source',
    address: 'http://s',
    asked,
    get requestsSent() {
      return asked.length
    },
    exchange: request => {
      asked.push(request)
      const answer = answers[request.path.split('/').slice(0, 3).join('/')] ?? 404
      const status = typeof answer === 'number' ? answer : 200
      const body = status < 300 ? answer : { error: { type: 'security_exception', reason: 'no' }, status }
      return Promise.resolve<Answer>({
        status,
        headers: {},
        body: Buffer.from(JSON.stringify(body)),
        release: () => undefined,
      })
    },
    close: () => Promise.resolve(),
  }
}

const facts = {
  nodes: { a: { os: { allocated_processors: 4 }, thread_pool: { search: { queue_size: 1000 }, write: { queue_size: 200 } } } },
}
const node = {
  name: 'n1',
  thread_pool: { search: { threads: 7, queue: 2, rejected: 3 }, write: { threads: 4, queue: 5, rejected: 6 } },
  breakers: { parent: { tripped: 1 }, request: { tripped: 2 } },
  jvm: { mem: { heap_used_percent: 61 } },
  os: { cpu: { percent: 35, load_average: { '1m': 6 } } },
  fs: { total: { total_in_bytes: 1_000, available_in_bytes: 400 } },
  indices: {
    search: {
      query_total: 900,
      query_time_in_millis: 4_000,
      groups: { shardferry: { query_total: 100, query_time_in_millis: 50 } },
    },
  },
}

test('a node tells how it fares with one request, once its facts are known', async () => {
  const source = cluster({ '/_nodes/stats': { nodes: { a: node } }, '/_nodes/os,thread_pool': facts, '/_cluster/settings': {} })
  const probe = pressureProbe(source)
  const reading = await probe.read(7, signal)
  expect(reading?.nodes.get('a')).toEqual({
    name: 'n1',
    search: { threads: 7, queue: 2, rejected: 3, queueSize: 1000 },
    write: { threads: 4, queue: 5, rejected: 6, queueSize: 200 },
    tripped: 3,
    heapPercent: 61,
    cpuPercent: 35,
    loadPerProcessor: 1.5,
    searches: { count: 900, ms: 4_000 },
    ownSearches: { count: 100, ms: 50 },
    diskLeftBytes: expect.closeTo(350) as number,
  })
  const before = source.asked.length
  expect(await probe.read(8, signal)).toMatchObject({ atMs: 8, requestsSent: before + 1 })
  expect(source.asked.length - before).toBe(1)
})

test('what a version, or a system, does not tell is not there', async () => {
  const old = {
    name: 'n1',
    thread_pool: { bulk: { threads: 4, queue: 5 } },
    os: { cpu: { percent: -1, load_average: { '1m': -1 } } },
  }
  const source = cluster({
    '/_nodes/stats': { nodes: { a: old } },
    '/_nodes/os,thread_pool': { nodes: { a: { thread_pool: { bulk: { queue_size: '200' } } } } },
    '/_cluster/settings': { persistent: { 'cluster.routing.allocation.disk.threshold_enabled': 'false' } },
  })
  const reading = await pressureProbe(source).read(1, signal)
  expect(reading?.nodes.get('a')).toMatchObject({
    search: { queue: 0, rejected: 0 },
    write: { threads: 4, queue: 5, queueSize: 200 },
    heapPercent: 0,
    cpuPercent: undefined,
    loadPerProcessor: undefined,
    searches: { count: 0, ms: 0 },
    diskLeftBytes: undefined,
  })
})

test.each([403, 404, 410])('a cluster that answers %i is not asked again', async status => {
  const source = cluster({ '/_nodes/stats': status })
  const probe = pressureProbe(source)
  expect(probe.mayLook).toBe(true)
  expect([await probe.read(1, signal), await probe.read(2, signal)]).toEqual([undefined, undefined])
  expect([probe.mayLook, source.asked.length]).toEqual([false, 1])
})

test.each([429, 503])('one that answers %i is asked again the next time', async status => {
  const source = cluster({ '/_nodes/stats': status })
  const probe = pressureProbe(source)
  await expect(probe.read(1, signal)).rejects.toMatchObject({ status })
  expect(probe.mayLook).toBe(true)
})
