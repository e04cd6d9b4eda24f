/** What people do to a running migration from another terminal, and what becomes of one that ends early. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compare, definitionOf } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { Ferry, Status } from '../support/shardferry.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
  await pair.source.json('PUT', '/river', { settings: { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '7s' } })
  await load(pair.source, 'river', people(3000))
})
afterAll(() => leave(pair))

/** A copy of `river` that would take a minute. */
function slowCopy(target: string): string[] {
  return ['copy', '--index', 'river', '--rename', target, '--docs-per-second', '50', '--partition-docs', '100']
}

const writing = ({ state, progress }: Status): boolean =>
  state === 'running' && progress?.phase === 'copying' && progress.total.counts.written > 0

test('a running copy shows how it stands, rests, changes its pace, goes on, and ends exact', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(slowCopy('river-steered'))
  const seen = await ferry.statusWhen(writing, 'documents to be written')
  expect(seen).toMatchObject({ name: 'm', report: null, progress: { phase: 'copying', paused: false, maxWidth: 4 } })
  expect((await ferry.run(['status'])).stdout).toMatch(/m is running.*river .*of 3,000/s)

  const would = await ferry.run(['pause', '--dry-run'])
  expect(would).toMatchObject({ code: 0, stdout: expect.stringContaining('Would ask m to pause') as string })
  expect(await ferry.run(['pause', '--reason', 'lunch'])).toMatchObject({ code: 0, stderr: '' })
  await ferry.statusWhen(({ state, progress }) => state === 'paused' && progress?.paused === true, 'the pause')
  let last = -1
  const rested = await ferry.statusWhen(({ progress }) => {
    const before = last
    last = progress?.total.counts.written ?? -1
    return last === before
  }, 'what is under way to be finished')
  expect(rested.progress).toMatchObject({ paused: true, throttleReason: 'lunch' })
  expect(rested.progress?.total.counts.written).toBeLessThan(3000)

  expect(await ferry.run(['throttle', '--width', '2', '--docs-per-second', '0'])).toMatchObject({ code: 0, stderr: '' })
  await ferry.statusWhen(({ progress }) => progress?.maxWidth === 2, 'the new width')
  expect((await ferry.status()).progress?.total.counts.written).toBe(rested.progress?.total.counts.written)
  expect(await ferry.run(['resume'])).toMatchObject({ code: 0, stderr: '' })
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject({ state: 'done', report: { verdict: 'exact' } })
  expect(await compare(pair, 'river', { target: 'river-steered' })).toEqual({ documents: 3000, differences: [] })
})

test('a cancelled copy ends with code 7, gives tuned settings back, and goes on when it is run again', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(slowCopy('river-cancelled'))
  await ferry.statusWhen(writing, 'documents to be written')
  expect(await tunedSettings('river-cancelled')).not.toEqual(untuned)
  expect(await ferry.run(['cancel'])).toMatchObject({ code: 0, stderr: '' })
  const ended = await running.outcome
  expect(ended).toMatchObject({ code: 7, signal: null })
  expect(ended.stderr).toContain('error [stopped]: Cancelled')
  expect(await ferry.status()).toMatchObject({ state: 'cancelled' })
  expect(await tunedSettings('river-cancelled')).toEqual(untuned)
  await endsExact(ferry, 'river-cancelled')
})

test.each([
  ['SIGINT', 'Ctrl-C'],
  ['SIGTERM', 'SIGTERM'],
] as const)('%s stops a copy with code 7, and the next run finishes it', async (signal, name) => {
  const ferry = ferryOf(pair)
  const target = `river-${signal.toLowerCase()}`
  const running = ferry.start(slowCopy(target))
  await ferry.statusWhen(writing, 'documents to be written')
  running.kill(signal)
  const ended = await running.outcome
  expect(ended).toMatchObject({ code: 7, signal: null })
  expect(ended.stderr).toMatch(new RegExp(`error \\[stopped\\]: Stopped by ${name}\\..*Run the same command again`, 's'))
  expect(await ferry.status()).toMatchObject({ state: 'stopped (resumable)' })
  await endsExact(ferry, target)
})

test('a second run of a running migration ends with code 9, names the holder, and leaves it alone', async () => {
  const ferry = ferryOf(pair)
  const running = ferry.start(slowCopy('river-held'))
  await ferry.statusWhen(writing, 'documents to be written')
  const second = await ferry.run([...slowCopy('river-held'), '--json'])
  expect(second.code).toBe(9)
  expect(eventsOf(second).at(-1)).toMatchObject({ event: 'error', code: 'state-held', exitCode: 9 })
  expect(second.stdout).toContain(`process ${running.pid} on `)
  expect(await ferry.status()).toMatchObject({ state: 'running' })
  expect(await ferry.run(['throttle', '--docs-per-second', '0'])).toMatchObject({ code: 0 })
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
})

test('after a kill -9, complete gives tuned settings back and keeps what was copied', async () => {
  const ferry = ferryOf(pair)
  const killed = await ferry.run(['copy', '--index', 'river', '--rename', 'river-killed'], {
    SHARDFERRY_CRASH_AT: 'partition-settled:3',
  })
  expect(killed.signal).toBe('SIGKILL')
  expect(await ferry.status()).toMatchObject({ state: 'interrupted (resumable)' })
  const tuned = await tunedSettings('river-killed')
  expect(tuned).not.toEqual(untuned)

  const told = await ferry.run(['complete', '--dry-run'])
  expect(told).toMatchObject({ code: 0, stderr: '' })
  expect(told.stdout).toContain('river-killed')
  expect(await tunedSettings('river-killed')).toEqual(tuned)

  expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  expect(await tunedSettings('river-killed')).toEqual(untuned)
  expect(await ferry.status()).toMatchObject({ state: 'completed' })
  await endsExact(ferry, 'river-killed')
})

test('a finished migration that is complete is not taken up again: what applications have written since stays', async () => {
  const ferry = ferryOf(pair)
  const command = ['copy', '--index', 'river', '--rename', 'river-in-use']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  await pair.target.json('PUT', '/river-in-use/_doc/p1', { own: true })
  await pair.source.json('PUT', '/river/_doc/p1', { later: true })
  const again = await ferry.run(command)
  expect(again).toMatchObject({ code: 9, stderr: expect.stringContaining('finished and complete') as string })
  expect(again.stderr).toContain('--name')
  expect(await pair.target.json('GET', '/river-in-use/_doc/p1')).toMatchObject({ _source: { own: true } })
})

async function endsExact(ferry: Ferry, target: string): Promise<void> {
  expect(await ferry.run(['copy', '--index', 'river', '--docs-per-second', '0'])).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.status()).toMatchObject({ state: 'done', report: { verdict: 'exact', balanced: true } })
  expect(await compare(pair, 'river', { target })).toEqual({ documents: 3000, differences: [] })
  expect(await tunedSettings(target)).toEqual(untuned)
}

const untuned = { 'index.refresh_interval': '7s', 'index.number_of_replicas': '0' }

/** Those that copying tunes, as they stand on the target. */
async function tunedSettings(index: string): Promise<unknown> {
  const { settings } = await definitionOf(pair.target, index)
  const tuned = /^index\.(refresh_interval|number_of_replicas|translog\.|gc_deletes)/
  return Object.fromEntries(Object.entries(settings).filter(([name]) => tuned.test(name)))
}
