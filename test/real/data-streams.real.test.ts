/** Data streams that arrive as data streams: their backing indices, in their order, with every document in its own. */
import { afterAll, expect, test } from 'vitest'
import { down, list, up } from '../../lab/cluster.ts'
import { compare } from '../support/compare.ts'
import type { Sites } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import { siteAt } from '../support/site.ts'
import type { Site } from '../support/site.ts'
import { backingOf, createIn, fillStream, idsOf, streamOf } from '../support/streams.ts'

const running = new Map<string, Site>()

/** Started when it is first needed, and ended when no test is left that needs it. */
async function site(dist: string): Promise<Site> {
  const known = running.get(dist)
  if (known) return known
  const name = `test-streams-${dist.replaceAll('.', '-')}`
  if (list().some(cluster => cluster.name === name)) await down(name)
  const { urls } = await up({ name, dist, heap: '512m' })
  const started = siteAt(name, urls)
  running.set(dist, started)
  return started
}

async function leave(dist: string): Promise<void> {
  const known = running.get(dist)
  running.delete(dist)
  await known?.close()
  if (known) await down(known.name)
}

afterAll(async () => {
  for (const dist of running.keys()) await leave(dist)
})

const os1 = 'opensearch-1.3.14'
const os2 = 'opensearch-2.19.4'
const os3 = 'opensearch-3.8.0'
const es8 = 'elasticsearch-8.19.21'
const es9 = 'elasticsearch-9.5.3'

/** In an order in which few clusters run at once. */
const routes: readonly { from: string; to: string; last: readonly string[] }[] = [
  { from: os2, to: os3, last: [] },
  { from: os1, to: os2, last: [os1] },
  { from: os2, to: es9, last: [os2] },
  { from: es8, to: es9, last: [es9] },
  { from: es8, to: os3, last: [] },
]

test('what the source rolls over to while it is followed is taken up, up to the cutover', async () => {
  const sites: Sites = { source: await site(os2), target: await site(os3) }
  const { source, target } = sites
  await fillStream(source, 'rolling', 2)
  const ferry = ferryOf(sites)
  const run = ferry.start(['run', '--index', 'rolling', '--follow', '--no-follow-back'])
  await ferry.statusWhen(({ progress }) => progress?.phase === 'following', 'following')
  await source.json('POST', '/rolling/_rollover')
  await createIn(source, 'rolling', 3, 40)
  await ferry.statusWhen(
    ({ progress }) => progress?.total.counts.written === 160 && progress.total.lag?.operations === 0,
    'in step',
  )
  const cut = await ferry.run(['cutover', '--yes', '--accept-unverified'])
  expect(cut).toMatchObject({ code: 0 })
  expect(await run.outcome).toMatchObject({ code: 0 })
  const backing = await backingOf(source, 'rolling')
  expect((await backingOf(target, 'rolling')).slice(0, -1)).toEqual(backing)
  expect(await idsOf(target, 'rolling')).toEqual(await idsOf(source, 'rolling'))
  await target.json('POST', '/rolling/_create/new', { '@timestamp': '2026-12-01T00:00:00Z' })
})

test.each(routes)('a data stream of $from is the same data stream on $to, index by index', async ({ from, to, last }) => {
  const sites: Sites = { source: await site(from), target: await site(to) }
  const { source, target } = sites
  const name = `logs-${from.replace(/\W/g, '')}-${to.replace(/\W/g, '')}`
  await fillStream(source, name, 3)
  const backing = await backingOf(source, name)
  // An update by its backing index, and a delete: what a stream itself does not take.
  await source.json('POST', `/${backing[0]}/_update/g1-1?refresh=true`, { doc: { host: 'changed' } })
  await source.json('DELETE', `/${backing[1]}/_doc/g2-2?refresh=true`)
  const ferry = ferryOf(sites)
  expect(await ferry.run(['copy', '--index', name])).toMatchObject({ code: 0, stderr: '' })

  const arrived = await backingOf(target, name)
  for (const [at, index] of backing.entries())
    expect(await compare(sites, index, { target: arrived[at] ?? '' })).toMatchObject({ differences: [] })
  expect(await idsOf(target, name)).toEqual(await idsOf(source, name))
  expect(await ferry.run(['verify'])).toMatchObject({ code: 0 })
  expect((await streamOf(target, name)).template).toBe(`data-stream-${name}`)
  // It is a data stream to applications: it takes new documents.
  await target.json('POST', `/${name}/_create/new?refresh=true`, { '@timestamp': '2026-12-01T00:00:00Z', host: 'new' })
  for (const dist of last) await leave(dist)
})

test('a data stream becomes indices behind an alias, and an alias a data stream, where that is asked for', async () => {
  const sites: Sites = { source: await site(es8), target: await site(os3) }
  const { source, target } = sites
  await fillStream(source, 'ends', 2)
  const ending = ferryOf(sites)
  expect(await ending.run(['copy', '--index', 'ends', '--data-streams', 'aliases'])).toMatchObject({ code: 0, stderr: '' })
  expect(await idsOf(target, 'ends')).toEqual(await idsOf(source, 'ends'))
  const aliases = await target.json<Record<string, { aliases: Record<string, object> }>>('GET', '/_alias/ends')
  const byName = Object.entries(aliases).toSorted(([a], [b]) => (a < b ? -1 : 1))
  expect(byName.map(([, one]) => one.aliases['ends'])).toEqual([{ is_write_index: false }, { is_write_index: true }])

  const timed = { mappings: { properties: { '@timestamp': { type: 'date' } } } }
  for (const [year, aliased] of [
    ['2025', {}],
    ['2026', { is_write_index: true }],
  ] as const) {
    await source.json('PUT', `/begins-${year}`, { ...timed, aliases: { begins: aliased } })
    await source.json('PUT', `/begins-${year}/_doc/${year}?refresh=true`, { '@timestamp': `${year}-01-01T00:00:00Z` })
  }
  const beginning = ferryOf(sites)
  expect(await beginning.run(['copy', '--index', 'begins', '--to-data-stream', 'begins'])).toMatchObject({ code: 0, stderr: '' })
  expect((await backingOf(target, 'begins')).slice(0, 2)).toEqual(['.ds-begins-000001', '.ds-begins-000002'])
  expect(await idsOf(target, 'begins')).toEqual(['2025', '2026'])
})
