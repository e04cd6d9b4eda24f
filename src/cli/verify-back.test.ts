/** The command line against fake clusters: a comparison follows the direction in which things are carried over. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { startFake } from '../../test/fake/fake.ts'
import type { FakeCluster } from '../../test/fake/fake.ts'
import { put } from '../../test/support/changes.ts'
import { ferryOf } from '../../test/support/shardferry.ts'
import { siteAt } from '../../test/support/site.ts'
import { until } from '../../test/support/until.ts'

let source: FakeCluster
let target: FakeCluster
beforeEach(async () => {
  source = await startFake()
  target = await startFake({ flavor: 'opensearch', version: '2.19.4' })
  await send(source.url, 'PUT', '/cities', {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: { dynamic: false, properties: { text: { type: 'text' } } },
  })
  await put(source.url, 'cities', 'berne', 'first')
})
afterEach(async () => {
  await source.close()
  await target.close()
})

test('after a cutover the target is compared with the source that it is carried back to, and what differs keeps a rollback from being made', async () => {
  const ferry = ferryOf({ source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) })
  const running = ferry.start(['run', '--index', 'cities', '--rename', 'towns', '--follow'])
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed')
  expect(await ferry.run(['verify'])).toMatchObject({ code: 0 })
  expect(await ferry.run(['cutover', '--yes', '--moved'])).toMatchObject({ code: 0, stderr: '' })
  await put(target.url, 'towns', 'bienne', 'second')
  const there = (): boolean => source.store.index('cities').shards[0]!.live.has('bienne')
  await until('it to be carried back', () => Promise.resolve(there() || undefined))

  const equal = await ferry.run(['verify', '--json'])
  expect(equal).toMatchObject({ code: 0, stderr: '' })
  const report = JSON.parse(equal.stdout.trim().split('\n').at(-1)!) as object
  expect(report).toMatchObject({
    source: { address: target.url },
    target: { address: source.url },
    indices: [{ index: 'towns', target: 'cities' }],
    notes: [expect.stringContaining('to which it is carried back')],
  })

  await put(source.url, 'cities', 'berne', 'stray')
  const differs = await ferry.run(['verify'])
  expect(differs).toMatchObject({ code: 5 })
  const refused = await ferry.run(['rollback', '--yes'])
  expect(refused).toMatchObject({ code: 8, stderr: expect.stringContaining('berne') as string })
  running.kill('SIGINT')
  expect(await running.outcome).toMatchObject({ code: 7 })
}, 120_000)
