/** The command line against fake clusters. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { startFake } from '../../test/fake/fake.ts'
import type { FakeCluster } from '../../test/fake/fake.ts'
import { eventsOf, ferryOf } from '../../test/support/shardferry.ts'
import type { Ferry } from '../../test/support/shardferry.ts'
import { siteAt } from '../../test/support/site.ts'

let source: FakeCluster
let target: FakeCluster
let ferry: Ferry
beforeEach(async () => {
  source = await startFake()
  target = await startFake({ flavor: 'opensearch', version: '2.19.4' })
  for (const { url } of [source, target]) await send(url, 'PUT', '/cities', { settings: { number_of_shards: 1 } })
  await send(source.url, 'PUT', '/people', { settings: { number_of_shards: 1 } })
  ferry = ferryOf({ source: siteAt('source', [source.url]), target: siteAt('target', [target.url]) })
})
afterEach(async () => {
  await source.close()
  await target.close()
})

test('a plan that cannot run as it stands is shown and written, and ends with the exit code of its run', async () => {
  const planned = await ferry.run(['plan', '--index', 'cities,people'])
  expect(planned).toMatchObject({ code: 6, stderr: expect.stringContaining('error [target-exists]') as string })
  expect(planned.stdout).toContain('Refused (1)')
  const file = join(ferry.folder, 'plan.yaml')
  const text = readFileSync(file, 'utf8')
  expect((await ferry.run(['run', file])).code).toBe(planned.code)
  writeFileSync(file, text.replace('action: refuse', 'action: skip').replace('action: create', 'action: skip'))
  expect(await ferry.run(['run', file, '--dry-run'])).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('nothing-selected') as string,
  })
  expect(existsSync(ferry.state)).toBe(true)
})

test.each(['plan --dry-run', 'check', 'copy --dry-run'])('%s ends with 6 where every index is refused', async command => {
  expect(await ferry.run([...command.split(' '), '--index', 'cities'])).toMatchObject({ code: 6 })
})

test('for machines the refusal is an event after the plan', async () => {
  const told = eventsOf(await ferry.run(['plan', '--dry-run', '--json', '--index', 'cities']))
  expect(told.map(({ event, code }) => [event, code])).toEqual([
    ['plan', undefined],
    ['error', 'target-exists'],
  ])
})
