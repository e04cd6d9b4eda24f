/** Applications that go on writing while their index is followed, and that move to the target, back, and over again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byPlace } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Ferry } from '../support/shardferry.ts'
import type { Site } from '../support/site.ts'
import { until } from '../support/until.ts'
import { startWriters } from '../support/writers.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

type Side = 'source' | 'target'

interface Applications {
  /** What they write to: wherever they are sent. A write that a block refuses is tried again, there or where they are then. */
  readonly site: Site
  to(side: Side): void
  /** No write begins until they go on. */
  rest(): void
  goOn(): void
}

function movable({ source, target }: Pair): Applications {
  let now: Site = source
  const rested = { now: false }
  const bytes: Site['bytes'] = async (...request) => {
    for (;;) {
      while (rested.now) await sleep(20)
      try {
        return await now.bytes(...request)
      } catch (thrown) {
        if (!/cluster_block_exception/.test(String(thrown))) throw thrown
        await sleep(20)
      }
    }
  }
  return {
    site: { ...source, bytes },
    to: side => void (now = side === 'source' ? source : target),
    rest: () => void (rested.now = true),
    goOn: () => void (rested.now = false),
  }
}

async function held(site: Site, index: string): Promise<Map<string, string>> {
  await site.json('POST', `/${index}/_refresh`)
  return new Map([...(await byPlace(site, index, { match_all: {} }))].map(([place, { source }]) => [place, source]))
}

async function blockOf(site: Site, index: string): Promise<unknown> {
  const found = await site.json<Record<string, { settings: object }>>(
    'GET',
    `/${index}/_settings/index.blocks.write,index.gc_deletes`,
  )
  return found[index]?.settings ?? {}
}

/** Until what was written before is on both sides. */
async function inStep(ferry: Ferry, phase: string): Promise<void> {
  for (const _twice of [1, 2])
    await ferry.statusWhen(
      ({ progress }) => progress?.phase === phase && progress.total.lag?.operations === 0,
      `${phase} in step`,
    )
}

test('while applications write, they are moved to the target, back to the source and over again, and nothing that was acknowledged is lost', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const index = 'lively'
  await source.json('PUT', `/${index}`, {
    settings: { number_of_shards: 2, number_of_replicas: 0 },
    aliases: { 'lively-now': {} },
  })
  await load(source, index, people(900))
  const apps = movable(pair)
  const writers = startWriters(apps.site, index, { seed: 20_261_124 })
  const running = ferry.start(['run', '--index', index, '--follow'])
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed')
  await writers.atLeast(60)

  const early = await ferry.run(['cutover', '--yes'])
  expect(early).toMatchObject({ code: 6, stderr: expect.stringContaining('verification') as string })
  apps.rest()
  await inStep(ferry, 'following')
  const size = (await held(source, index)).size
  await until('deletes to be carried over', async () => ((await held(target, index)).size === size ? true : undefined))
  expect(await ferry.run(['verify'])).toMatchObject({ code: 0 })
  apps.goOn()
  await writers.atLeast(20)
  expect(await ferry.run(['cutover', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('lively-now') as string,
  })

  const moved = await ferry.run(['cutover', '--yes', '--hook', 'cat > facts.json'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  // Nobody writes to the source any more: a writer that has not moved yet is refused there.
  expect((await source.send('PUT', `/${index}/_doc/late`, '{}')).status).toBe(403)
  apps.to('target')
  expect(await target.json('GET', '/_alias/lively-now')).toEqual({ [index]: { aliases: { 'lively-now': {} } } })
  expect(await ferry.run(['cutover', '--yes'])).toMatchObject({
    code: 9,
    stderr: expect.stringContaining('cut over already') as string,
  })
  await writers.atLeast(60)

  expect(await ferry.run(['cutover', '--moved'])).toMatchObject({ code: 0, stderr: '' })
  await writers.atLeast(20)

  const back = await ferry.run(['rollback', '--yes', '--postpone'])
  expect(back).toMatchObject({ code: 0, stderr: '' })
  apps.to('source')
  await writers.atLeast(60)
  // What was held back since the rollback is carried over first.
  const again = await ferry.run(['cutover', '--yes', '--moved'])
  expect(again).toMatchObject({ code: 0, stderr: '' })
  apps.to('target')
  await writers.atLeast(40)
  await writers.stop()
  expect(Math.min(...Object.values(writers.done))).toBeGreaterThan(5)

  await inStep(ferry, 'following-back')
  const truth = new Map(writers.truth)
  for (const { id, source: text } of people(900)) truth.set(JSON.stringify(id), text)
  expect(await held(target, index)).toEqual(truth)
  // What is written last is carried back a second later, what is deleted some seconds.
  await until('the source to hold the same', async () => isDeepStrictEqual(await held(source, index), truth) || undefined)

  running.kill('SIGINT')
  expect(await running.outcome).toMatchObject({ code: 7 })
  expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  expect(await blockOf(source, index)).toEqual({})
  expect(await blockOf(target, index)).toEqual({})
})

test('before a cutover, rollback takes away what was made on the target and nothing else', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/undone', { settings: { number_of_shards: 1, number_of_replicas: 0 } })
  await load(source, 'undone', people(50))
  expect(await ferry.run(['copy', '--index', 'undone'])).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.run(['rollback', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('delete index undone') as string,
  })
  expect((await target.send('GET', '/undone')).status).toBe(200)
  expect(await ferry.run(['rollback', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  expect((await target.send('GET', '/undone')).status).toBe(404)
  expect(await held(source, 'undone')).toHaveProperty('size', 50)
})

test('what an application that has not moved writes to the source while it is returned to is never taken for a copy', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const index = 'late'
  await source.json('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(source, index, people(200))
  const follow = ['run', '--index', index, '--follow']
  const running = ferry.start(follow)
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed')
  expect(await ferry.run(['cutover', '--yes', '--accept-unverified'])).toMatchObject({ code: 0, stderr: '' })
  await target.json('PUT', `/${index}/_doc/moved`, { by: 'an application that has moved' })
  const id = 'p7'
  const late = { by: 'an application that has not moved' }
  const written = until('the source to take writes', async () =>
    (await source.send('PUT', `/${index}/_doc/${id}`, JSON.stringify(late))).status < 300 ? true : undefined,
  )
  const refused = await ferry.run(['rollback', '--yes'])
  await written
  expect(refused).toMatchObject({ code: 8, stderr: expect.stringContaining(id) as string })
  await until('the source to be blocked again', async () =>
    (await source.send('PUT', `/${index}/_doc/later`, '{}')).status === 403 ? true : undefined,
  )
  expect(await ferry.run(['verify'])).toMatchObject({ code: 5 })

  expect(await ferry.run(['rollback', '--yes', '--accept-differences', '--moved'])).toMatchObject({ code: 0, stderr: '' })
  const early = await ferry.run(['cutover', '--yes'])
  expect(early).toMatchObject({ code: 6, stderr: expect.stringContaining('found differences') as string })
  await inStep(ferry, 'following')
  running.kill('SIGINT')
  expect(await running.outcome).toMatchObject({ code: 7 })
  expect(await ferry.run(['verify', '--repair'])).toMatchObject({ code: 0 })
  expect(await held(target, index)).toEqual(await held(source, index))
  const again = ferry.start(follow)
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed again')
  expect(await ferry.run(['cutover', '--yes', '--postpone', '--moved'])).toMatchObject({ code: 0, stderr: '' })
  const truth = await held(target, index)
  expect([...truth.values()]).toEqual(expect.arrayContaining([JSON.stringify(late), expect.stringContaining('has moved')]))
  expect(await held(source, index)).toEqual(truth)
  again.kill('SIGINT')
  expect(await again.outcome).toMatchObject({ code: 7 })
  expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
})
