/** The command line against fake clusters, where a start can be made to last. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { startFake } from '../../test/fake/fake.ts'
import type { FakeCluster } from '../../test/fake/fake.ts'
import { ferryOf } from '../../test/support/shardferry.ts'
import { siteAt } from '../../test/support/site.ts'
import { until } from '../../test/support/until.ts'
import { SqliteJournal } from '../journal/sqlite.ts'

let source: FakeCluster
let target: FakeCluster
beforeEach(async () => {
  source = await startFake()
  target = await startFake({ flavor: 'opensearch', version: '2.19.4' })
  await send(source.url, 'PUT', '/cities', { settings: { number_of_shards: 1 } })
  await send(source.url, 'POST', '/cities/_bulk', '{"index":{"_id":"1"}}\n{"name":"Berne"}\n')
})
afterEach(async () => {
  await source.close()
  await target.close()
})

test('of two starts of one migration the second is refused at once, by the name of the first, which plans alone and ends exact', async () => {
  const ferry = ferryOf({ source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) })
  source.faults.push({ path: /^\/_resolve/, effect: { delayMs: 4_000 } })
  const first = ferry.start(['copy', '--index', 'cities'])
  await until('the first to hold the state folder', () =>
    Promise.resolve(existsSync(join(ferry.state, 'm', 'holder.json')) ? true : undefined),
  )
  const second = await ferry.run(['copy', '--index', 'cities'])
  expect(second).toMatchObject({ code: 9, stderr: expect.stringContaining(`by process ${first.pid}`) as string })
  expect(second.stdout).not.toContain('Plan')
  expect(await first.outcome).toMatchObject({ code: 0, stderr: '' })
  using journal = SqliteJournal.open(join(ferry.state, 'm'))
  const types = [...journal.entries()].map(({ entry }) => entry.type)
  expect(types.filter(type => type === 'planned' || type === 'started')).toEqual(['planned', 'started'])
  expect(readFileSync(join(ferry.state, 'm', 'report.txt'), 'utf8')).toContain('Exact')
})

test('a start that cannot plan says so in its status, and leaves no plan behind', async () => {
  const ferry = ferryOf({ source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) })
  expect(await ferry.run(['copy', '--index', 'citeis'])).toMatchObject({ code: 6 })
  expect(await ferry.status()).toMatchObject({ state: 'failed (resumable)', outcome: { code: 'index-unknown' } })
  expect(await ferry.run(['copy', '--index', 'cities'])).toMatchObject({ code: 0, stderr: '' })
})

test('a dry run of a migration that was begun says that it would go on, and changes nothing', async () => {
  const ferry = ferryOf({ source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) })
  expect(await ferry.run(['copy', '--index', 'cities'])).toMatchObject({ code: 0, stderr: '' })
  await send(source.url, 'POST', '/cities/_bulk', '{"index":{"_id":"2"}}\n{"name":"Bienne"}\n')
  const entries = (): number => {
    using journal = SqliteJournal.open(join(ferry.state, 'm'))
    return [...journal.entries()].length
  }
  const before = entries()
  for (const command of ['copy', 'run']) {
    const told = await ferry.run([command, '--index', 'cities', '--dry-run'])
    expect(told).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Going on with migration m') as string })
  }
  expect(await ferry.run(['copy', '--index', 'citeis', '--dry-run'])).toMatchObject({ code: 9 })
  const slower = await ferry.run(['throttle', '--width', '2', '--dry-run'])
  expect(slower).toMatchObject({ code: 0, stdout: 'Would ask m to send 2 bulk requests at once. Nothing is changed.\n' })
  expect(entries()).toBe(before)
})
