/** A run that is killed in the middle of a cutover, on real servers: started again, it undoes the cutover or finishes it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import { until } from '../support/until.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

async function mayWrite(site: Pair['source'], index: string): Promise<boolean> {
  return (await site.send('PUT', `/${index}/_doc/written`, '{"n":1}')).status < 300
}

test.each([
  ['cutover-drained', 'undone'],
  ['cut-over', 'finished'],
] as const)('killed at %s, a cutover is %s by the next run, and applications can write to one side', async (point, end) => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const index = `killed-${point}`
  await source.json('PUT', `/${index}`, {
    settings: { number_of_shards: 2, number_of_replicas: 0 },
    aliases: { [`${index}-now`]: {} },
  })
  await load(source, index, people(300))
  const follow = ['run', '--index', index, '--follow']
  const running = ferry.start(follow, { SHARDFERRY_CRASH_AT: point })
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed')
  const asked = await ferry.run(['cutover', '--yes', '--accept-unverified'])
  expect(await running.outcome).toMatchObject({ signal: 'SIGKILL' })
  expect(asked.code).toBe(end === 'undone' ? 7 : 0)
  expect(await mayWrite(source, index)).toBe(false)

  const again = ferry.start(follow)
  if (end === 'undone') {
    await until('the block to be lifted', async () => (await mayWrite(source, index)) || undefined)
    await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed again')
    expect(await ferry.run(['cutover', '--yes', '--accept-unverified', '--postpone'])).toMatchObject({ code: 0, stderr: '' })
  } else
    await ferry.statusWhen(({ state, progress }) => state === 'cut over' && progress?.phase === 'following-back', 'the way back')
  expect(await target.json('GET', `/_alias/${index}-now`)).toHaveProperty(index)
  expect(await mayWrite(target, index)).toBe(true)
  expect(await mayWrite(source, index)).toBe(false)
  again.kill('SIGINT')
  expect(await again.outcome).toMatchObject({ code: 7 })
  expect(await ferry.run(['complete', '--yes'])).toMatchObject({ code: 0, stderr: '' })
  expect(await mayWrite(source, index)).toBe(true)
})
