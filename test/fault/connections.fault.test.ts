/** What happens between and inside two clusters while documents are on their way: each time the run goes on and ends exact. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startProxy } from '../proxy/proxy.ts'
import type { Proxy } from '../proxy/proxy.ts'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { startPair, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry, Report, Status } from '../support/shardferry.ts'
import type { SecuredSite } from '../support/site.ts'

let pair: Pair

beforeAll(async () => {
  // Two threads and a queue of one: a bulk request into ten shards is more than this target takes at once.
  pair = await startPair('test-fault-connections', { target: { settings: { 'thread_pool.write.queue_size': 1 } } })
  await pair.source.json('PUT', '/stream', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(pair.source, 'stream', people(2400))
})
afterAll(() => stop('test-fault-connections', pair?.source, pair?.target))

/** Partitions of many pages, so that scrolls are open; slow, until it is told to go on at full speed. */
function slowCopy(target: string, docsPerSecond = 300): string[] {
  const pages = ['--partition-docs', '600', '--page-bytes', '8kb', '--width', '2']
  return ['copy', '--index', 'stream', '--rename', target, '--docs-per-second', String(docsPerSecond), ...pages]
}

const writing = ({ progress }: Status): boolean => progress?.phase === 'copying' && progress.total.counts.written > 0

test('scrolls that the source loses are opened anew', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(slowCopy('stream-scrolls'))
  let written = 0
  for (let turn = 0; turn < 3; turn++) {
    const seen = await ferry.statusWhen(status => writing(status) && writtenOf(status) > written, 'more to be written')
    written = writtenOf(seen)
    await pair.source.json('DELETE', '/_search/scroll/_all')
  }
  await fullSpeed(ferry)
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'stream', { target: 'stream-scrolls' })).toEqual({ documents: 2400, differences: [] })
  const report = reportOf(ferry)
  expect(report).toMatchObject({ verdict: 'exact', total: { read: 2400 } })
  expect(report.partitionsRedone).toBeGreaterThan(0)
})

test('connections that are reset, or fall silent, on both sides (proxies with seeds 7 and 8) cost no document', async () => {
  const [before, behind] = [await proxyOf(pair.source, 7), await proxyOf(pair.target, 8)]
  const ferry = ferryOf({ source: through(pair.source, before), target: through(pair.target, behind) })
  const running = ferry.start([
    ...slowCopy('stream-proxies', 60),
    '--partition-docs',
    '100',
    '--source-timeout',
    '3s',
    '--target-timeout',
    '3s',
  ])
  await ferry.statusWhen(writing, 'documents to be written')
  // One after the other: without pages from the source there is nothing to send to the target.
  for (const proxy of [before, behind]) {
    proxy.setFaults({ resetAfterBytes: 0.4, halfOpen: 0.6, bytes: { min: 0, max: 20_000 } })
    await ferry.statusWhen(() => {
      if (proxy.stats.resets > 1 && proxy.stats.halfOpen > 0) return true
      // Connections from before, and those whose fate is to last, make room for new ones.
      proxy.dropConnections()
      return false
    }, 'faults of both kinds')
    proxy.setFaults({})
  }
  await fullSpeed(ferry)
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'stream', { target: 'stream-proxies' })).toEqual({ documents: 2400, differences: [] })
  expect(reportOf(ferry)).toMatchObject({ verdict: 'exact', total: { read: 2400 } })
})

test('a target with a full queue gets its documents again until it has taken them', async () => {
  const ferry = ferryOf(pair)
  await pair.target.json('PUT', '/stream-queue', { settings: { number_of_shards: 10, number_of_replicas: 0 } })
  const command = ['copy', '--index', 'stream', '--rename', 'stream-queue', '--into-existing']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect((await ferry.status()).progress?.retries).toBeGreaterThan(0)
  expect(await compare(pair, 'stream', { target: 'stream-queue' })).toEqual({ documents: 2400, differences: [] })
  expect(reportOf(ferry)).toMatchObject({ verdict: 'exact', total: { read: 2400, setAside: 0 } })
})

test('a target at flood stage is waited for: status says why, and the run goes on once the block is lifted', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(slowCopy('stream-flood'))
  await ferry.statusWhen(writing, 'documents to be written')
  await pair.target.json('PUT', '/stream-flood/_settings', { 'index.blocks.read_only_allow_delete': true })
  const blocked = await ferry.statusWhen(
    ({ progress }) => /blocks writes/.test(progress?.throttleReason ?? ''),
    'the block to be seen',
  )
  expect(blocked.state).toBe('running')
  expect((await ferry.run(['status'])).stdout).toContain('target blocks writes')
  expect(writtenOf(blocked)).toBeLessThan(2400)
  await pair.target.json('PUT', '/stream-flood/_settings', { 'index.blocks.read_only_allow_delete': null })
  await fullSpeed(ferry)
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'stream', { target: 'stream-flood' })).toEqual({ documents: 2400, differences: [] })
  expect(reportOf(ferry)).toMatchObject({ verdict: 'exact', total: { read: 2400, setAside: 0 } })
})

async function proxyOf(site: SecuredSite, seed: number): Promise<Proxy> {
  const proxy = await startProxy({ targetPort: Number(new URL(site.urls).port), seed })
  onTestFinished(() => proxy.close())
  return proxy
}

/** The same cluster behind a proxy; TLS goes through it. */
function through(site: SecuredSite, { port }: Proxy): SecuredSite {
  return { ...site, urls: `https://127.0.0.1:${port}` }
}

async function fullSpeed(ferry: Ferry): Promise<void> {
  expect(await ferry.run(['throttle', '--docs-per-second', '0', '--width', '4'])).toMatchObject({ code: 0 })
}

function writtenOf({ progress }: Status): number {
  return progress?.total.counts.written ?? 0
}

function reportOf({ state }: Ferry): Report {
  return JSON.parse(readFileSync(join(state, 'm', 'report.json'), 'utf8')) as Report
}
