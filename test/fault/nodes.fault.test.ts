/** A node of either cluster dies as a crash would and comes back: the run waits for it and ends exact. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kill, revive } from '../../lab/cluster.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { startPair, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair('test-fault-nodes', { source: { nodes: 2 }, target: { nodes: 2 } })
  await pair.source.json('PUT', '/stream?wait_for_active_shards=all', {
    settings: { number_of_shards: 2, number_of_replicas: 1 },
  })
  await load(pair.source, 'stream', people(3000))
})
afterAll(() => stop('test-fault-nodes', pair?.source, pair?.target))

test('a node of each cluster is killed in the middle and comes back: no document is lost', async () => {
  const ferry = ferryOf(pair)
  const pages = ['--partition-docs', '600', '--page-bytes', '8kb', '--source-timeout', '5s', '--target-timeout', '5s']
  const running = ferry.start(['copy', '--index', 'stream', '--docs-per-second', '150', ...pages])
  await ferry.statusWhen(({ progress }) => (progress?.total.counts.written ?? 0) > 0, 'documents to be written')
  await Promise.all([kill(pair.source.name, 1), kill(pair.target.name, 1)])
  await ferry.statusWhen(({ progress }) => (progress?.retries ?? 0) > 0, 'the dead node of the target to be noticed')
  expect(await ferry.run(['throttle', '--docs-per-second', '0'])).toMatchObject({ code: 0 })
  await Promise.all([revive(pair.source.name, 1), revive(pair.target.name, 1)])
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  const { state, report } = await ferry.status()
  expect({ state, report }).toMatchObject({ state: 'done', report: { verdict: 'exact', total: { read: 3000 } } })
  expect(report?.partitionsRedone).toBeGreaterThan(0)
  expect(await compare(pair, 'stream')).toEqual({ documents: 3000, differences: [] })
})
