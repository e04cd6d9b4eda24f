/** What is moved, under which names, read and versioned how; and what is told before anything is changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { compare, definitionOf, everythingOn } from '../support/compare.ts'
import { bulk, load, people } from '../support/documents.ts'
import type { Pair } from '../support/pair.ts'
import { leave, sharedPair } from '../support/shared-pair.ts'
import { eventsOf, ferryOf } from '../support/shardferry.ts'
import type { Report } from '../support/shardferry.ts'

let pair: Pair

const plain = { settings: { number_of_shards: 1, number_of_replicas: 0 } }

beforeAll(async () => {
  pair = await sharedPair()
  for (const index of ['logs-a', 'logs-b', 'logs-test', 'orders']) {
    await pair.source.json('PUT', `/${index}`, { ...plain, aliases: { [`${index}-alias`]: {} } })
    await load(pair.source, index, people(400))
  }
})
afterAll(() => leave(pair))

test('a pattern takes what it matches but not what is left out, and the template names it', async () => {
  const ferry = ferryOf(pair)
  const moved = await ferry.run(['copy', '--index', 'logs-*,-logs-test', '--rename', '{index}-v2'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  for (const index of ['logs-a', 'logs-b'])
    expect(await compare(pair, index, { target: `${index}-v2` })).toEqual({ documents: 400, differences: [] })
  expect(await indicesOf('logs*')).toEqual(['logs-a-v2', 'logs-b-v2'])
})

test('a query moves the documents that match and no others, and the account is exact', async () => {
  const ferry = ferryOf(pair)
  const query = { term: { even: true } }
  const moved = await ferry.run(['copy', '--index', 'orders', '--rename', 'orders-even', '--query', JSON.stringify(query)])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'orders', { target: 'orders-even', query })).toEqual({ documents: 200, differences: [] })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 200, written: 200 } })
})

test('an alias stands for its indices', async () => {
  const ferry = ferryOf(pair)
  await pair.source.json('POST', '/_aliases', {
    actions: ['logs-b', 'logs-test'].map(index => ({ add: { index, alias: 'recent' } })),
  })
  expect(await ferry.run(['copy', '--index', 'recent', '--rename', '{index}-recent'])).toMatchObject({ code: 0, stderr: '' })
  expect(await indicesOf('*-recent')).toEqual(['logs-b-recent', 'logs-test-recent'])
  expect(await compare(pair, 'logs-test', { target: 'logs-test-recent' })).toEqual({ documents: 400, differences: [] })
  expect(await pair.target.json('GET', '/_alias/recent')).toEqual({
    'logs-b-recent': { aliases: { recent: {} } },
    'logs-test-recent': { aliases: { recent: {} } },
  })
  await pair.source.json('POST', '/_aliases', { actions: [{ remove: { indices: ['logs-b', 'logs-test'], alias: 'recent' } }] })
})

test('an index that is on the target already is written into as it is, and its newer and its own documents stay', async () => {
  const { target } = pair
  const ferry = ferryOf(pair)
  await target.json('PUT', '/existing', {
    settings: { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '3s' },
    mappings: { properties: { name: { type: 'keyword' } } },
  })
  await bulk(
    target,
    'existing',
    `{"index":{"_id":"p7","version":1000000,"version_type":"external"}}\n{"name":"newer"}\n{"index":{"_id":"own"}}\n{}\n`,
  )
  const before = await definitionOf(target, 'existing')
  const moved = await ferry.run(['copy', '--index', 'orders', '--rename', 'existing', '--into-existing'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  const instead = new Map([['p7', '{"name":"newer"}']])
  expect(await compare(pair, 'orders', { target: 'existing', instead })).toEqual({
    documents: 400,
    differences: ['"own" is on the target only'],
  })
  const report = reportIn(ferry.state)
  expect(report.total).toMatchObject({ read: 400, written: 399, alreadyNewer: 1 })
  expect(report.notes).toEqual([
    expect.stringMatching(
      /held 2 documents before the copy and holds 401 now: 399 .* new there, 1 met .* 1 of the documents read/,
    ),
  ])
  expect((await definitionOf(target, 'existing')).settings).toEqual(before.settings)
})

test('an index read by slices arrives whole, and the report says what slices cannot promise', async () => {
  const ferry = ferryOf(pair)
  const moved = await ferry.run(['copy', '--index', 'orders', '--rename', 'sliced', '--read-by', 'slices', '--slices', '3'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'orders', { target: 'sliced' })).toEqual({ documents: 400, differences: [] })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', partitions: 3, notes: [expect.stringContaining('slices')] })
})

test('an index read by slices that is written to meanwhile is not exact, and is read again until nothing comes any more', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/ledger', { settings: { number_of_shards: 2, number_of_replicas: 0 } })
  await load(source, 'ledger', people(200))
  const command = ['copy', '--index', 'ledger', '--read-by', 'slices', '--slices', '2']
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  await source.json('PUT', '/ledger/_doc/p3?refresh=true', { changed: true })
  // It ends before its account; what comes then is for the next run.
  await ferry.run(command, { SHARDFERRY_CRASH_AT: 'round-closed' })
  await source.json('PUT', '/ledger/_doc/p4?refresh=true', { changed: true })
  await source.json('PUT', '/ledger/_block/write')
  expect(await ferry.run(command)).toMatchObject({ code: 0, stderr: '' })
  expect(await compare(pair, 'ledger')).toEqual({ documents: 200, differences: [] })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 600 } })
})

test('a query that compares with the present is refused, and the hint is one that both sides understand', async () => {
  const { source } = pair
  const ferry = ferryOf(pair)
  await source.json('PUT', '/visits', { ...plain, mappings: { properties: { at: { type: 'date' } } } })
  const hour = 3_600_000
  const visit = (id: string, hours: number): string =>
    `{"index":{"_id":"${id}"}}\n{"at":"${new Date(Date.now() + hours * hour).toISOString()}"}\n`
  await bulk(source, 'visits', visit('old', -50) + visit('recent', -3) + visit('planned', 100))
  const copy = (bound: string): string[] => [
    'copy',
    '--index',
    'visits',
    '--query',
    JSON.stringify({ range: { at: { gte: bound } } }),
  ]
  const refused = await ferry.run(copy('now-1d/h'))
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('range.at.gte') as string })
  const [, fixed = ''] = /"([^"]*\|\|-1d\/h)"/.exec(refused.stderr) ?? []
  expect(await ferry.run(copy(fixed))).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { read: 2, written: 2 } })
})

test("the application's own versions arrive when asked for", async () => {
  const { source, target } = pair
  const ferry = ferryOf(pair)
  const versions = [3, 70, 9_007_199_254_740_993n, 2n ** 62n]
  await source.json('PUT', '/versioned', plain)
  await bulk(
    source,
    'versioned',
    versions
      .map((version, i) => `{"index":{"_id":"${i}","version":${version},"version_type":"external"}}\n{"n":${i}}\n`)
      .join(''),
  )
  expect(await ferry.run(['copy', '--index', 'versioned', '--version-from', 'version'])).toMatchObject({ code: 0, stderr: '' })
  for (const [i, version] of versions.entries())
    expect((await target.bytes('GET', `/versioned/_doc/${i}`)).toString()).toContain(`"_version":${version},`)

  // Deleted and made anew, a document begins at version 1 again once its deletion is forgotten, which a refresh may do.
  await source.json('PUT', '/versioned/_settings', { 'index.gc_deletes': '0ms' })
  let deletes = 0
  for (let version = 0; version !== 1; deletes++) {
    await source.json('DELETE', '/versioned/_doc/1?refresh=true')
    await source.json('POST', '/versioned/_refresh')
    version = (await source.json<{ _version: number }>('PUT', '/versioned/_doc/1', { n: 1000 }))._version
  }
  const again = await ferry.run(['copy', '--index', 'versioned', '--version-from', 'version'])
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(reportIn(ferry.state)).toMatchObject({ verdict: 'exact', total: { alreadyNewer: 0 }, indices: [{ deletes }] })
  expect(await compare(pair, 'versioned')).toEqual({ documents: 4, differences: [] })
})

test.each(['copy --dry-run', 'check', 'plan', 'run --dry-run'])('%s changes nothing', async command => {
  const ferry = ferryOf(pair)
  const before = await everythingOn(pair.target)
  const told = await ferry.run([...command.split(' '), '--index', 'orders', '--rename', 'untouched'])
  expect(told).toMatchObject({ code: 0, stderr: '' })
  expect(told.stdout).toContain(command === 'check' ? 'The migration can run.' : 'orders')
  expect(await everythingOn(pair.target)).toEqual(before)
  expect(existsSync(ferry.state)).toBe(false)
})

test('an edited plan is what runs', async () => {
  const { target } = pair
  const ferry = ferryOf(pair)
  const file = join(ferry.folder, 'plan.yaml')
  expect(await ferry.run(['plan', '--index', 'logs-*'])).toMatchObject({ code: 0, stderr: '' })
  const plan = parse(readFileSync(file, 'utf8')) as { indices: Record<string, unknown>[] }
  expect(plan.indices.map(task => task['source'])).toEqual(['logs-a', 'logs-b', 'logs-test'])
  Object.assign(plan.indices[0]!, {
    target: 'edited',
    aliases: { 'edited-alias': { filter: { term: { even: true } } } },
    query: { range: { n: { lt: 100 } } },
    mappings: { dynamic: false, properties: { name: { type: 'keyword' }, n: { type: 'long' } } },
  })
  Object.assign(plan.indices[1]!, { action: 'skip' })
  Object.assign(plan.indices[2]!, { action: 'skip' })
  writeFileSync(file, stringify(plan))

  expect(await ferry.run(['run', file])).toMatchObject({ code: 0, stderr: '' })
  const query = { range: { n: { lt: 100 } } }
  expect(await compare(pair, 'logs-a', { target: 'edited', query })).toEqual({ documents: 100, differences: [] })
  expect(await definitionOf(target, 'edited')).toMatchObject({
    aliases: { 'edited-alias': { filter: { term: { even: true } } } },
    mappings: { dynamic: 'false', properties: { name: { type: 'keyword' }, n: { type: 'long' } } },
  })
  expect(await indicesOf('logs-a,logs-b,logs-test')).toEqual([])
})

test.each(['metadata', 'read'])(
  'an index whose block %s keeps everybody from reading it is refused by its plan, and the others go on',
  async block => {
    const { source } = pair
    const ferry = ferryOf(pair)
    const name = `shut-${block}`
    await source.json('PUT', `/${name}`, { ...plain, settings: { ...plain.settings, [`index.blocks.${block}`]: true } })
    onTestFinished(async () => {
      await source.send('PUT', `/${name}/_settings`, { [`index.blocks.${block}`]: null })
      await source.send('DELETE', `/${name}`)
    })
    const planned = await ferry.run(['plan', '--index', `orders,${name}`, '--rename', `{index}-beside-${block}`])
    expect(planned).toMatchObject({ code: 6, stderr: expect.stringContaining(`(index.blocks.${block})`) as string })
    const checked = await ferry.run(['check', '--index', `orders,${name}`, '--rename', `{index}-beside-${block}`])
    expect(checked.code).toBe(6)
    expect(checked.stdout).toContain(`PUT /${name}/_settings {"index.blocks.${block}":null}`)

    const file = join(ferry.folder, 'plan.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('action: refuse', 'action: skip'))
    expect(await ferry.run(['run', file])).toMatchObject({ code: 0, stderr: '' })
    expect(await compare(pair, 'orders', { target: `orders-beside-${block}` })).toEqual({ documents: 400, differences: [] })
  },
)

test('every line of --json is an event with the fields that the reference page names', async () => {
  const ferry = ferryOf(pair)
  const documented = documentedEvents()
  const moved = await ferry.run(['copy', '--index', 'orders', '--rename', 'told', '--json'])
  expect(moved).toMatchObject({ code: 0, stderr: '' })
  const failed = await ferryOf(pair).run(['copy', '--index', 'ordesr', '--json'])
  expect(failed).toMatchObject({ code: 6, stderr: '' })
  const [told, refused] = [eventsOf(moved), eventsOf(failed)]
  expect(told.at(-1)).toMatchObject({ event: 'report', verdict: 'exact', balanced: true })
  expect(refused.at(-1)).toMatchObject({ event: 'error', code: 'index-unknown', exitCode: 6 })
  expect(new Set(told.map(({ event }) => event))).toEqual(new Set(['plan', 'phase', 'progress', 'report']))
  expect(told.filter(({ event }) => event === 'phase').map(({ phase }) => phase)).toContain('done')
  for (const { event, at, ...fields } of [...told, ...refused]) {
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const { always, maybe } = documented.get(event as string) ?? { always: ['a documented event'], maybe: [] }
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(always))
    expect([...always, ...maybe]).toEqual(expect.arrayContaining(Object.keys(fields)))
  }
})

/** The fields of each event, from the tables of the reference page; those with a question mark may be missing. */
function documentedEvents(): Map<string, { always: string[]; maybe: string[] }> {
  const page = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8')
  const section = (title: string): string => page.split(`## \`${title}\``)[1]?.split('\n## ')[0] ?? ''
  const fieldsIn = (text: string): { always: string[]; maybe: string[] } => {
    const named = [...text.matchAll(/`(\w+)`(\??)/g)]
    return {
      always: named.flatMap(([, name = '', optional]) => (optional === '' ? [name] : [])),
      maybe: named.flatMap(([, name = '', optional]) => (optional === '?' ? [name] : [])),
    }
  }
  const events = [...page.matchAll(/^\| `(\w+)` +\|[^|]+\|([^|]+)\|$/gm)].map(
    ([, event = '', fields = '']) => [event, fieldsIn(fields.replace(/:.*/, ''))] as const,
  )
  const progress = section('progress')
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|')[1])
  const report = (section('report').split('and `indices`')[0] ?? '').replaceAll(/\([^)]*\)/g, '')
  return new Map([...events, ['progress', fieldsIn(progress.join(' '))], ['report', fieldsIn(`${report} \`indices\``)]])
}

async function indicesOf(pattern: string): Promise<string[]> {
  const path = `/_cat/indices/${pattern}?format=json&h=index&expand_wildcards=all`
  const { status, body } = await pair.target.send('GET', path)
  if (status === 404) return []
  return (JSON.parse(body.toString()) as { index: string }[]).map(({ index }) => index).sort()
}

function reportIn(state: string): Report {
  return JSON.parse(readFileSync(join(state, 'm', 'report.json'), 'utf8')) as Report
}
