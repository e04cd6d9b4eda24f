/** Refusals and broken answers on demand, between two fake clusters: the run goes on by itself, and ends exact. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { refusals } from '../fake/faults.ts'
import type { Effect, Fault } from '../fake/faults.ts'
import { startFake } from '../fake/fake.ts'
import type { FakeCluster } from '../fake/fake.ts'
import { compare } from '../support/compare.ts'
import type { Comparison } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import { siteAt } from '../support/site.ts'
import type { Site } from '../support/site.ts'

const documents = 1800
/** Partitions of some pages each, so that scrolls are open; several requests at once. */
const shape = ['--partition-docs', '300', '--page-bytes', '16kb', '--readers', '3', '--width', '6']

let source: FakeCluster
let origin: Site

beforeAll(async () => {
  source = await startFake()
  origin = siteAt('the fake source', [source.url])
  await origin.json('PUT', '/people', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(origin, 'people', people(documents))
})
afterAll(async () => {
  await origin?.close()
  await source?.close()
})

const write = /\/_bulk/
/** Not the sample that the plan takes. */
const page = /\/_search(\/scroll|\?.*preference=)/
const laterPage = /\/_search\/scroll/

const item = (status: number, type: string): Effect => ({ itemStatus: { every: 7, status, type } })

test.each<[string, Fault[]]>([
  ['429 to whole requests', [{ path: write, times: 8, effect: refusals.queueFull }]],
  ['429 to single documents', [{ path: write, times: 20, effect: item(429, 'rejected_execution_exception') }]],
  ['503 to whole requests', [{ path: write, times: 8, effect: refusals.unavailable }]],
  ['503 to single documents', [{ path: write, times: 20, effect: item(503, 'unavailable_shards_exception') }]],
  ['a block on single documents', [{ path: write, times: 10, effect: item(429, 'cluster_block_exception') }]],
  ['resets of requests that were not executed', [{ path: write, after: 2, times: 6, effect: { reset: 'before' } }]],
  ['resets of requests that were executed', [{ path: write, after: 2, times: 6, effect: { reset: 'after' } }]],
  ['answers cut in the middle', [{ path: write, after: 2, times: 6, effect: { cut: 60 } }]],
  ['answers of a proxy in the way', [{ path: write, after: 1, times: 6, effect: { status: 200, body: { ok: true } } }]],
  ['silence', [{ path: write, after: 2, times: 3, effect: { hang: true } }]],
  ['503 while it is tuned', [{ method: 'PUT', path: /\/_settings/, times: 4, effect: refusals.unavailable }]],
  ['503 while it is counted at the end', [{ path: /\/people\/_(refresh|count)/, times: 3, effect: refusals.unavailable }]],
])('a target that answers with %s gets its documents all the same, each once', async (_, faults) => {
  await using target = await startFake({ flavor: 'opensearch' })
  expect(await moved(target, target, faults)).toEqual({ documents, differences: [] })
})

test.each<[string, Fault[]]>([
  ['429 (breaker) to pages', [{ path: page, after: 3, times: 6, effect: refusals.breaker }]],
  ['503 to pages', [{ path: page, after: 3, times: 6, effect: refusals.unavailable }]],
  ['lost scrolls', [{ path: laterPage, after: 3, times: 3, effect: { loseScrolls: true } }]],
  ['pages that a shard missed', [{ path: page, after: 3, times: 6, effect: { failedShards: true } }]],
  ['pages with holes', [{ path: page, after: 3, times: 6, effect: { truncateHits: 2 } }]],
  ['pages cut in the middle', [{ path: page, after: 3, times: 6, effect: { cut: 2000 } }]],
  ['pages lost on their way', [{ path: laterPage, after: 3, times: 6, effect: { reset: 'after' } }]],
  ['silence', [{ path: page, after: 3, times: 3, effect: { hang: true } }]],
  ['503 while it is cut into partitions', [{ path: /\/_count\?.*preference=/, times: 4, effect: refusals.unavailable }]],
])('a source that answers with %s is read in full, and nothing is taken twice', async (_, faults) => {
  await using target = await startFake({ flavor: 'opensearch' })
  expect(await moved(source, target, faults)).toEqual({ documents, differences: [] })
})

/** Runs the command against the faults, then once more without; each run must end exact. Gives what the target has then. */
async function moved(faulty: FakeCluster, target: FakeCluster, faults: readonly Fault[]): Promise<Comparison> {
  const there = siteAt('the fake target', [target.url])
  onTestFinished(() => there.close())
  const pair = { source: origin, target: there }
  const ferry = ferryOf(pair, { SHARDFERRY_SOURCE_TIMEOUT: '1s', SHARDFERRY_TARGET_TIMEOUT: '1s' })
  const hitsBefore = faulty.faults.hits
  const command = ['copy', '--index', 'people', ...shape, '--json']
  source.faults.clear()
  faulty.faults.push(...faults)

  const outcome = await ferry.run(command)
  expect(eventsOf(outcome).filter(({ event }) => event === 'error')).toEqual([])
  expect(outcome).toMatchObject({ code: 0, stderr: '' })
  expect(faulty.faults.hits - hitsBefore).toBe(faults.reduce((sum, { times = 1 }) => sum + times, 0))
  const last = eventsOf(outcome).findLast(({ event }) => event === 'progress')
  expect(Number(last?.['retries']) + Number(last?.['partitionsRedone'])).toBeGreaterThan(0)
  const report = { verdict: 'exact', balanced: true, total: { read: documents, setAside: 0, filtered: 0 } }
  const { report: first } = await ferry.status()
  expect(first).toMatchObject(report)
  expect((first?.total.written ?? 0) + (first?.total.alreadyNewer ?? 0)).toBe(documents)

  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject({ report })
  return compare(pair, 'people')
}
