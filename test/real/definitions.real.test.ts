/** An index whose definition changes while it is followed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { ferryOf } from '../support/shardferry.ts'

let pair: Pair

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

test('a field and an alias that the source gets while it is followed are there when the target is cut over to, and no document is set aside for them', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const index = 'growing'
  await source.json('PUT', `/${index}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: { dynamic: 'strict', properties: { name: { type: 'keyword' } } },
  })
  await source.json('PUT', `/${index}/_doc/1`, { name: 'first' })
  const running = ferry.start(['run', '--index', index, '--follow', '--no-follow-back'])
  await ferry.statusWhen(({ state }) => state === 'waiting (cutover)', 'the source to be followed')

  await source.json('PUT', `/${index}/_mapping`, { properties: { since: { type: 'date', format: 'yyyy-MM-dd' } } })
  await source.json('POST', '/_aliases', {
    actions: [{ add: { index, alias: 'growing-now', filter: { term: { name: 'second' } } } }],
  })
  await source.json('PUT', `/${index}/_doc/2`, { name: 'second', since: '2026-11-24' })
  await ferry.statusWhen(({ changes }) => changes.some(({ what }) => what === 'aliases.growing-now'), 'the changes to be seen')
  expect((await ferry.run(['status'])).stdout).toContain(
    'growing: mappings.properties.since: it changed on the source, and here too.',
  )

  expect(await ferry.run(['cutover', '--yes', '--accept-unverified'])).toMatchObject({ code: 0, stderr: '' })
  expect(await running.outcome).toMatchObject({ code: 0, stderr: '' })
  const found = await target.json<{ hits: { hits: readonly object[] } }>('GET', '/growing-now/_search', {
    query: { range: { since: { gte: '2026-01-01' } } },
  })
  expect(found.hits.hits).toMatchObject([{ _id: '2', _source: { since: '2026-11-24' } }])
  await ferry.run(['complete', '--yes'])
})
