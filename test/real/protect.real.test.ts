/** What keeps a copy from being a burden: windows, a pause file, limits, and what the clusters tell of themselves. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compare } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Status } from '../support/shardferry.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
  await pair.source.json('PUT', '/lake', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(pair.source, 'lake', people(3000))
})
afterAll(() => leave(pair))

function copyTo(target: string, ...flags: readonly string[]): string[] {
  return ['copy', '--index', 'lake', '--rename', target, '--partition-docs', '100', ...flags]
}

const because =
  (reason: RegExp) =>
  ({ progress }: Status): boolean =>
    reason.test(progress?.throttleReason ?? '')

const twoHoursOff = (from: number): string => {
  const hour = (n: number): string => `${String((new Date().getHours() + n) % 24).padStart(2, '0')}:00`
  return `${hour(from)}-${hour(from + 2)}`
}

test('outside of its windows a copy moves nothing, then a pause file holds it, then a limit of bytes; each is told, and can be lifted while it runs', async () => {
  const ferry = ferryOf(pair)
  const pauseFile = join(ferry.folder, 'stop')
  const window = twoHoursOff(4)
  const running = ferry.start(copyTo('lake-later', '--window', window, '--pause-file', 'stop', '--bytes-per-second', '20kb'))
  const rests = await ferry.statusWhen(because(/^outside of/), 'the rest')
  expect(rests).toMatchObject({
    state: 'paused',
    progress: { paused: true, pausedBy: 'window', total: { counts: { written: 0 } } },
  })
  expect((await ferry.run(['status'])).stdout).toContain(`Rests: outside of ${window}; goes on at`)

  writeFileSync(pauseFile, '')
  expect(await ferry.run(['throttle', '--window', 'always'])).toMatchObject({ code: 0, stderr: '' })
  const held = await ferry.statusWhen(because(/stop exists; goes on when it is gone$/), 'the pause file')
  expect(held).toMatchObject({ state: 'paused', progress: { pausedBy: 'file', total: { counts: { written: 0 } } } })

  rmSync(pauseFile)
  await ferry.statusWhen(({ state, progress }) => state === 'running' && (progress?.total.counts.written ?? 0) > 0, 'documents')
  const asked = await ferry.run(['throttle', '--bytes-per-second', '0'])
  expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('without a limit on bytes') as string })
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject({ state: 'done', report: { verdict: 'exact', notes: [] } })
  expect(await compare(pair, 'lake', { target: 'lake-later' })).toEqual({ documents: 3000, differences: [] })
})

test('a copy notices that others search on the source, and begins with little', async () => {
  const ferry = ferryOf(pair)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const searching = (async () => {
    while (!stop.signal.aborted) await pair.source.json('POST', '/lake/_search', { query: { match: { note: 'river' } } })
  })()
  const running = ferry.start(copyTo('lake-shared', '--docs-per-second', '300'))
  const seen = await ferry.statusWhen(
    because(/others search|searches of others|searches wait/),
    'the searches of others to be noticed',
  )
  expect(seen).toMatchObject({ state: 'running', progress: { width: 1, maxWidth: 4, paused: false } })
  stop.abort()
  await searching
  expect(await ferry.run(['throttle', '--docs-per-second', '0'])).toMatchObject({ code: 0, stderr: '' })
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject({ report: { verdict: 'exact' } })
})

test('our own searches are not those of others: a copy that nobody disturbs has its full width', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(copyTo('lake-alone', '--docs-per-second', '600', '--json'))
  const { stdout } = await running.outcome
  const reasons = stdout.split('\n').flatMap(line => /"throttleReason":"([^"]+)"/.exec(line)?.[1] ?? [])
  expect(reasons).toEqual([])
})

test('a user who may not monitor the source copies all the same, and the report says what could not be watched', async () => {
  const { source } = pair
  const indices = [{ names: ['lake'], privileges: ['read', 'view_index_metadata', 'monitor', 'maintenance'] }]
  await source.json('PUT', '/_security/role/lake-reader', { cluster: ['cluster:monitor/main'], indices })
  const user = { username: 'lake-reader', password: 'Still-water-runs-1618' }
  await source.json('PUT', `/_security/user/${user.username}`, { password: user.password, roles: ['lake-reader'] })
  const ferry = ferryOf(pair, { SHARDFERRY_SOURCE_USERNAME: user.username, SHARDFERRY_SOURCE_PASSWORD: user.password })
  await ferry.run(copyTo('lake-unwatched'))
  const { report } = await ferry.status()
  expect(report?.verdict).toBe('exact')
  expect(report?.notes).toEqual([expect.stringMatching(/^How much the source had to do could not be watched/)])
})
