/** Both sides compared document by document on real servers: what differs is named, nothing else is, and a repair mends it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Difference, IndexComparison, Verification } from '../../src/model/verification.ts'
import { compare } from '../support/compare.ts'
import { bulk, load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { Ferry } from '../support/shardferry.ts'
import { startWriters } from '../support/writers.ts'
import { library, oddDocuments, rawLines } from './library.ts'

let pair: Pair

const plain = { number_of_shards: 2, number_of_replicas: 0 }

beforeAll(async () => {
  pair = await sharedPair()
})
afterAll(() => leave(pair))

test('a copy of odd documents, routings and filters is equal at every level', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/library', library)
  await source.json('PUT', '/rivers', { settings: plain })
  await load(source, 'library', oddDocuments)
  for (const { id, sent } of rawLines) await source.json('PUT', `/library/_doc/${id}`, sent)
  await load(source, 'rivers', people(1500))
  await load(source, 'rivers', people(200, 100).map(changed))
  expect(await ferry.run(['copy', '--index', 'library,rivers'])).toMatchObject({ code: 0, stderr: '' })

  for (const level of ['counts', 'ids']) {
    const outcome = await ferry.run(['verify', 'm', '--level', level])
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toContain('Equal: both sides hold the same')
    expect(reportIn(ferry)).toMatchObject({ verdict: 'equal', level })
  }
  const full = await ferry.run(['verify', '--json'])
  expect(full).toMatchObject({ code: 0, stderr: '' })
  expect(eventsOf(full).at(-1)).toMatchObject({ event: 'verification', verdict: 'equal', level: 'full' })
  expect(differencesIn(ferry)).toEqual([])
  const [books, rivers] = reportIn(ferry).indices as [IndexComparison, IndexComparison]
  expect(books).toMatchObject({ form: 'bytes', onSource: { docs: oddDocuments.length + rawLines.length }, definition: [] })
  expect(rivers).toMatchObject({ onSource: { docs: 1500 }, lookedAt: 0, checkpoints: [{ shard: 0 }, { shard: 1 }] })
  expect(rivers.onTarget).toEqual(rivers.onSource)
  expect(readFileSync(join(ferry.state, 'm', 'verify', 'report.txt'), 'utf8')).toContain(rivers.onSource.digest)
})

test('planted differences are named exactly, a dry run changes nothing, and a repair mends them all', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/lakes', { settings: plain })
  await load(source, 'lakes', people(1200))
  await load(source, 'lakes', [
    ...['x', 'z'].map(routing => ({ id: 'twice', routing, source: `{"n":1.50,"under":"${routing}"}` })),
    { id: 'moved', routing: 'right', source: '{"n":1}' },
  ])
  expect(await ferry.run(['copy', '--index', 'lakes'])).toMatchObject({ code: 0, stderr: '' })

  await bulk(target, 'lakes', '{"delete":{"_id":"p7"}}\n{"delete":{"_id":"p8"}}\n{"delete":{"_id":"moved","routing":"right"}}\n')
  await load(target, 'lakes', [
    { id: 'p20', source: '{"n":20,"somebody":"else"}' },
    { id: 'p21', source: '{"n": 21, "name":"Person 21", "even":false, "note":""}' },
    { id: 'stranger', source: '{"n":-1}' },
    { id: 'moved', routing: 'wrong', source: '{"n":1}' },
    { id: 'twice', routing: 'z', source: '{"n":1.5,"under":"z"}' },
  ])
  const planted = [
    'extra moved/wrong',
    'extra stranger',
    'missing moved/right',
    'missing p7',
    'missing p8',
    'stale p20',
    'stale p21',
    'stale twice/z',
  ]
  const found = await ferry.run(['verify'])
  expect(found).toMatchObject({ code: 5, stderr: '' })
  expect(found.stdout).toContain('--repair')
  expect(differencesIn(ferry)).toEqual(planted)
  expect(reportIn(ferry).indices).toMatchObject([{ missing: 3, stale: 3, extra: 2, equalByValue: 0, cut: false }])
  expect(await ferry.run(['verify', '--level', 'ids'])).toMatchObject({ code: 5, stderr: '' })
  // Versions on the target were raised by whoever wrote there, so that at this level nothing is stale.
  expect(differencesIn(ferry)).toEqual(planted.filter(one => !one.startsWith('stale')))

  const told = await ferry.run(['verify', '--repair', '--dry-run'])
  expect(told).toMatchObject({ code: 5, stderr: '' })
  expect(reportIn(ferry).repair).toMatchObject({ dryRun: true, written: 6, deleted: 2, keptExtra: 0 })
  expect((await compare(pair, 'lakes')).differences.length).toBeGreaterThan(6)

  const before = await target.json('GET', '/lakes/_settings')
  const mended = await ferry.run(['verify', '--repair'])
  expect(mended).toMatchObject({ code: 0, stderr: '' })
  const after = reportIn(ferry)
  expect(after).toMatchObject({ verdict: 'equal', repair: { remaining: 0, refused: 0, keptExtra: 0 } })
  const repaired = { missing: 3, stale: 3, extra: 2, written: 6 }
  expect(after.indices).toMatchObject([{ missing: 0, stale: 0, extra: 0, repaired }])
  expect(after.indices[0]!.onTarget).toEqual(after.indices[0]!.onSource)
  expect(mended.stdout).toContain(`digest ${after.indices[0]!.onSource.digest} on both sides`)
  expect(await compare(pair, 'lakes')).toEqual({ documents: 1203, differences: [] })
  expect(await target.json('GET', '/lakes/_settings')).toEqual(before)
  expect(await ferry.status()).toMatchObject({ state: 'done' })
})

test('clusters that something else moved are compared by value where bytes say nothing, and extra documents stay unless told', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  for (const site of [source, target])
    await site.json('PUT', '/moors', { settings: { ...plain, number_of_shards: site === source ? 2 : 3 } })
  await load(source, 'moors', people(700))
  const rewritten = people(700).map(({ id, source: text }) => ({ id, source: JSON.stringify(JSON.parse(text)) }))
  await load(target, 'moors', rewritten)
  const command = ['verify', source.urls, target.urls, '--name', 'other', '--index', 'moors']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry, 'other').indices).toMatchObject([{ form: 'values', equalByValue: 0, lookedAt: 0 }])
  expect(await ferry.run([...command, '--compare', 'bytes'])).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry, 'other').indices).toMatchObject([{ form: 'bytes', equalByValue: 700, lookedAt: 700 }])

  await load(target, 'moors', [
    { id: 'stranger', source: '{"n":1}' },
    { id: 'p3', source: '{"n":3.0}' },
  ])
  await bulk(target, 'moors', '{"delete":{"_id":"p4"}}\n')
  expect(await ferry.run([...command, '--repair'])).toMatchObject({ code: 5, stderr: '' })
  expect(reportIn(ferry, 'other').repair).toMatchObject({ written: 2, deleted: 0, keptExtra: 1, remaining: 1 })
  expect(differencesIn(ferry, 'other', 'remaining.ndjson')).toEqual(['extra stranger'])
  expect(await ferry.run([...command, '--repair', '--delete-extra-anywhere'])).toMatchObject({ code: 0, stderr: '' })
  // Nothing of this looks like a migration that could be run.
  expect(existsSync(join(ferry.state, 'other', 'journal.db'))).toBe(false)
})

test('while the source is written to, what was lost before is found, and what is only newer is no difference', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/tides', { settings: plain })
  await load(source, 'tides', people(2500))
  expect(await ferry.run(['copy', '--index', 'tides'])).toMatchObject({ code: 0, stderr: '' })
  const writing = new AbortController()
  const writers = [0, 1].map(async writer => {
    for (let turn = 0; !writing.signal.aborted; turn++) {
      await load(source, 'tides', people(20, 10_000 + 10_000 * writer + 20 * turn))
      await load(source, 'tides', people(20, (1000 * writer + 20 * turn) % 1500).map(changed))
    }
  })
  try {
    expect(await ferry.run(['verify'])).toMatchObject({ code: 0, stderr: '' })
    const [rested] = reportIn(ferry).indices
    expect(rested!.afterCheckpoint + rested!.behind).toBeGreaterThan(0)
    const now = await ferry.run(['verify', '--up-to', 'now'])
    expect(now).toMatchObject({ code: 5, stderr: '' })
    expect(differencesIn(ferry)).toEqual(expect.arrayContaining(['missing p10000']))
    await bulk(target, 'tides', '{"delete":{"_id":"p2000"}}\n')
    await load(target, 'tides', [{ id: 'p2001', source: '{"n":0}' }])
    expect(await ferry.run(['verify'])).toMatchObject({ code: 5, stderr: '' })
    expect(differencesIn(ferry)).toEqual(['missing p2000', 'stale p2001'])
  } finally {
    writing.abort()
    await Promise.all(writers)
  }
  // The copy brings what came since, and sees by its count that one is missing; which one, only a comparison tells.
  expect(await ferry.run(['copy', '--index', 'tides'])).toMatchObject({ code: 5, stderr: '' })
  expect(await ferry.run(['verify', '--repair'])).toMatchObject({ code: 0, stderr: '' })
  expect((await compare(pair, 'tides')).differences).toEqual([])
})

test('what the source deletes after the checkpoint is no difference of the copy, and what only somebody else wrote is', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/ebbs', { settings: plain })
  await load(source, 'ebbs', people(900))
  expect(await ferry.run(['copy', '--index', 'ebbs'])).toMatchObject({ code: 0, stderr: '' })
  await bulk(source, 'ebbs', '{"delete":{"_id":"p7"}}\n{"delete":{"_id":"p8"}}\n')
  for (const level of ['full', 'ids']) {
    const compared = await ferry.run(['verify', '--level', level])
    expect(compared).toMatchObject({ code: 0, stderr: '' })
    expect(compared.stdout).toContain('ebbs: 2 documents were deleted on the source after the checkpoint')
    expect(reportIn(ferry).indices).toMatchObject([{ verdict: 'equal', extra: 0, deletedLater: 2 }])
  }
  expect(await ferry.run(['verify', '--up-to', 'now'])).toMatchObject({ code: 5 })
  expect(differencesIn(ferry)).toEqual(['extra p7', 'extra p8'])
  await bulk(target, 'ebbs', '{"index":{"_id":"stranger"}}\n{}\n{"delete":{"_id":"p9"}}\n')
  expect(await ferry.run(['verify'])).toMatchObject({ code: 5 })
  expect(differencesIn(ferry)).toEqual(['extra stranger', 'missing p9'])
  expect(await ferry.run(['verify', '--repair'])).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry)).toMatchObject({ repair: { written: 1, deleted: 1 }, indices: [{ deletedLater: 2 }] })
  expect(await ferry.run(['copy', '--index', 'ebbs'])).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.run(['verify'])).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry).indices).toMatchObject([{ extra: 0, deletedLater: 0, onSource: { docs: 898 }, onTarget: { docs: 898 } }])
})

test('a migration that goes on under writers that delete too is compared without a difference', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/floods', { settings: { ...plain, gc_deletes: '0ms' } })
  await load(source, 'floods', people(900))
  expect(await ferry.run(['copy', '--index', 'floods'])).toMatchObject({ code: 0, stderr: '' })
  const writers = startWriters(source, 'floods', { seed: 7 })
  const running = ferry.start(['copy', '--index', 'floods', '--docs-per-second', '150', '--catch-up-rounds', '1000'])
  try {
    for (const _ of [1, 2]) {
      await writers.atLeast(40)
      const compared = await ferry.run(['verify'])
      expect([compared.code, differencesIn(ferry)]).toEqual([0, []])
    }
    expect(writers.done.delete).toBeGreaterThan(10)
  } finally {
    await writers.stop()
    running.kill('SIGINT')
  }
  expect((await running.outcome).stderr).not.toContain('internal')
  expect(await ferry.run(['copy', '--index', 'floods'])).toMatchObject({ code: 0, stderr: '' })
  expect(await ferry.run(['verify'])).toMatchObject({ code: 0, stderr: '' })
})

test('a comparison that is killed goes on where it was, and names the same differences', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  for (const index of ['fens', 'bogs']) {
    await source.json('PUT', `/${index}`, { settings: plain })
    await load(source, index, people(1200))
  }
  expect(await ferry.run(['copy', '--index', 'fens,bogs'])).toMatchObject({ code: 0, stderr: '' })
  for (const index of ['fens', 'bogs']) await bulk(target, index, '{"delete":{"_id":"p5"}}\n')
  for (const point of ['partition-compared:3', 'index-compared:1'])
    expect(await ferry.run(['verify'], { SHARDFERRY_CRASH_AT: point })).toMatchObject({ signal: 'SIGKILL', stderr: '' })
  const ended = await ferry.run(['verify'])
  expect(ended).toMatchObject({ code: 5, stderr: '' })
  expect(ended.stdout).toContain('Going on with the comparison that was under way.')
  expect(differencesIn(ferry)).toEqual(['missing p5', 'missing p5'])
  expect(reportIn(ferry).indices.map(({ index, missing }) => [index, missing])).toEqual([
    ['bogs', 1],
    ['fens', 1],
  ])
  // A repair that is killed is no harm either: the next one sees what is left.
  expect(await ferry.run(['verify', '--repair'], { SHARDFERRY_CRASH_AT: 'batch-repaired:1' })).toMatchObject({
    signal: 'SIGKILL',
  })
  expect(await ferry.run(['verify', '--repair'])).toMatchObject({ code: 0, stderr: '' })
  for (const index of ['fens', 'bogs']) expect(await compare(pair, index)).toEqual({ documents: 1200, differences: [] })
})

test('documents that the migration set aside are told apart, with their reason', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const file = join(ferry.folder, 'plan.yaml')
  await source.json('PUT', '/strict', { settings: plain })
  await load(source, 'strict', people(300))
  await load(source, 'strict', [{ id: 'odd', source: '{"n":1,"extra":"x"}' }])
  await ferry.run(['plan', '--index', 'strict'])
  const plan = parse(readFileSync(file, 'utf8')) as { indices: Record<string, unknown>[] }
  for (const task of plan.indices)
    task['mappings'] = {
      dynamic: 'strict',
      properties: { n: { type: 'long' }, name: { type: 'keyword' }, even: { type: 'boolean' }, note: { type: 'text' } },
    }
  writeFileSync(file, stringify(plan))
  expect(await ferry.run(['run', file])).toMatchObject({ code: 4, stderr: '' })

  const outcome = await ferry.run(['verify', '--json'])
  expect(outcome).toMatchObject({ code: 4, stderr: '' })
  const [one, ...others] = linesOf(ferry)
  expect(others).toEqual([])
  expect(one).toMatchObject({ kind: 'missing', id: 'odd', setAside: expect.stringContaining('strict_dynamic_mapping_exception') })
  expect(eventsOf(outcome).at(-1)).toMatchObject({ verdict: 'set-aside', indices: [{ missing: 1, setAside: 1 }] })
  // A repair leaves it to `rejected retry`.
  expect(await ferry.run(['verify', '--repair'])).toMatchObject({ code: 4, stderr: '' })
  expect((await target.send('GET', '/strict/_doc/odd')).status).toBe(404)
})

test('searches are run on both sides, those that mean something else come first, and an index that is not there is missing', async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/words', { settings: plain, mappings: { properties: { name: { type: 'text' } } } })
  await load(source, 'words', people(300))
  await source.json('PUT', '/ghosts', { settings: plain })
  await load(source, 'ghosts', people(5))
  await target.json('PUT', '/words', { settings: plain, mappings: { properties: { name: { type: 'keyword' } } } })
  await load(target, 'words', people(300))
  const queries = join(ferry.folder, 'queries.ndjson')
  const all = { index: 'words', body: { aggs: { even: { terms: { field: 'even' } } } } }
  const match = { index: 'words', body: { query: { match: { name: 'person' } } } }
  writeFileSync(queries, [all, match].map(one => `${JSON.stringify(one)}\n`).join(''))
  const outcome = await ferry.run(['verify', '--name', 'searched', '--index', 'words,ghosts', '--queries', queries])
  expect(outcome).toMatchObject({ code: 5, stderr: '' })
  const report = reportIn(ferry, 'searched')
  expect(report.queries).toMatchObject([
    { query: JSON.stringify(match.body), sourceTotal: 300, targetTotal: 0 },
    { sourceTotal: 300, targetTotal: 300, aggregations: 0, distance: expect.any(Number) },
  ])
  expect(report.indices).toMatchObject([
    { index: 'ghosts', verdict: 'differs', onSource: { docs: 5 }, onTarget: { docs: 0 }, missing: 5 },
    { missing: 0, stale: 0, extra: 0, definition: expect.arrayContaining([expect.objectContaining({ severe: true })]) },
  ])
  expect(outcome.stdout).toMatch(/Searches: 2.*it is keyword on the target|it is keyword on the target.*Searches: 2/s)
})

function changed({ id, source }: { id: string; source: string }, turn: number): { id: string; source: string } {
  return { id, source: source.replace('{', `{"changed":${turn}.50, `) }
}

function reportIn(ferry: Ferry, name = 'm'): Verification {
  return JSON.parse(readFileSync(join(ferry.state, name, 'verify', 'report.json'), 'utf8')) as Verification
}

function linesOf(ferry: Ferry, name = 'm', file = 'differences.ndjson'): Difference[] {
  return readFileSync(join(ferry.state, name, 'verify', file), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Difference)
}

function differencesIn(ferry: Ferry, name = 'm', file = 'differences.ndjson'): string[] {
  return linesOf(ferry, name, file)
    .map(({ kind, id, routing }) => `${kind} ${id}${routing === undefined ? '' : `/${routing}`}`)
    .toSorted()
}
