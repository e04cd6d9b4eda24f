import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, errorOf, hitsOf, lines } from './ask.ts'
import { startFake } from './fake.ts'
import type { FakeCluster } from './fake.ts'

let fake: FakeCluster
beforeEach(async () => {
  fake = await startFake()
})
afterEach(() => fake.close())

/** An index of one shard with documents d0, d1, ... whose field n counts them. */
async function fill(documents: number, settings: object = {}): Promise<void> {
  await ask(fake, 'PUT', '/a', { settings: { number_of_replicas: 0, ...settings } })
  const items = Array.from({ length: documents }, (_, n): [object, string] => [{ _id: `d${n}` }, `{"n":${n}}`])
  await ask(fake, 'POST', '/a/_bulk?refresh=true', lines(...items))
}

test('a document comes back byte for byte, comments, blanks and numbers included', async () => {
  const source = '  {"n": 1.50, /* why */ "e":1E+2,"u":"\\u00e9\u{1F600}","a":{"b":1},"a.b":-0.0}  '
  await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1', routing: 'r' }, source]))
  const found = await ask(fake, 'POST', '/a/_search', { version: true, seq_no_primary_term: true, sort: ['_doc'] })
  expect(found.text).toContain(
    `{"_index":"a","_type":"_doc","_id":"1","_version":1,"_seq_no":0,"_primary_term":1,"_score":null,"_routing":"r","_source":${source},"sort":[0]}`,
  )
  expect((await ask(fake, 'GET', '/a/_doc/1?routing=r')).text).toContain(`"_source":${source}}`)
})

test('any filter on the answer makes a document lose its bytes, as on real servers', async () => {
  await ask(fake, 'POST', '/a/_bulk', lines([{ _id: '1' }, '{ "n": 1.50 /* c */ }']))
  expect((await ask(fake, 'POST', '/a/_search?filter_path=hits.hits._source')).text).toBe(
    '{"hits":{"hits":[{"_source":{"n":1.5}}]}}',
  )
})

test('searches see what was written before the last refresh only', async () => {
  await fill(2, { refresh_interval: '-1' })
  await ask(fake, 'POST', '/a/_bulk', lines([{ _id: 'late' }, '{}']))
  expect((await ask(fake, 'POST', '/a/_count')).body).toMatchObject({ count: 2 })
  await ask(fake, 'POST', '/a/_refresh')
  expect((await ask(fake, 'POST', '/a/_count')).body).toMatchObject({ count: 3 })
})

test('reading on by sequence number returns every document once', async () => {
  await fill(7)
  const seen: string[] = []
  for (let after: unknown[] | undefined; ;) {
    const page = hitsOf(
      await ask(fake, 'POST', '/a/_search?preference=_shards:0', {
        size: 3,
        sort: [{ _seq_no: 'asc' }],
        track_total_hits: false,
        query: { range: { _seq_no: { gt: 0, lte: 5 } } },
        ...(after ? { search_after: after } : {}),
      }),
    )
    if (page.length === 0) break
    seen.push(...page.map(hit => hit._id ?? ''))
    after = page.at(-1)?.sort
  }
  expect(seen).toEqual(['d1', 'd2', 'd3', 'd4', 'd5'])
})

test('an update moves a document to a higher number, and a delete takes a number of its own', async () => {
  await fill(2)
  await ask(fake, 'PUT', '/a/_doc/d0', { n: 9 })
  await ask(fake, 'DELETE', '/a/_doc/d1')
  const found = await ask(fake, 'POST', '/a/_search', { sort: ['_seq_no'], seq_no_primary_term: true })
  expect(hitsOf(found).map(hit => [hit._id, hit._seq_no])).toEqual([['d0', 2]])
  const stats = (await ask(fake, 'GET', '/a/_stats?level=shards')).body
  const shard = {
    seq_no: { max_seq_no: 3, local_checkpoint: 3, global_checkpoint: 3 },
    indexing: { delete_total: 1 },
    docs: { count: 1 },
  }
  expect(stats).toMatchObject({ indices: { a: { shards: { '0': [{ routing: { primary: true }, ...shard }] } } } })
})

test('a shard that is not there answers 200 with no shards', async () => {
  await fill(3, { number_of_shards: 2 })
  const found = await ask(fake, 'POST', '/a/_search?preference=_shards:7')
  expect(found.body).toMatchObject({ _shards: { total: 0, successful: 0 }, hits: { hits: [] } })
})

test('the shards together hold every document, each once', async () => {
  await fill(50, { number_of_shards: 3 })
  const ids: string[] = []
  for (const shard of [0, 1, 2]) {
    const found = await ask(fake, 'POST', `/a/_search?preference=_shards:${shard}`, { size: 100 })
    expect(hitsOf(found).length).toBeGreaterThan(0)
    ids.push(...hitsOf(found).map(hit => hit._id ?? ''))
  }
  expect(new Set(ids).size).toBe(50)
  expect(ids.length).toBe(50)
})

test('a scroll keeps its view, pages through it once, and is gone once closed', async () => {
  await fill(5)
  const first = await ask(fake, 'POST', '/a/_search?scroll=1m', { size: 2, sort: ['_doc'] })
  await ask(fake, 'DELETE', '/a/_doc/d4')
  const id = (first.body as { _scroll_id: string })._scroll_id
  const pages = [hitsOf(first)]
  for (let page = 0; page < 3; page++) {
    pages.push(hitsOf(await ask(fake, 'POST', '/_search/scroll', { scroll: '1m', scroll_id: id })))
  }
  expect(pages.map(page => page.map(hit => hit._id))).toEqual([['d0', 'd1'], ['d2', 'd3'], ['d4'], []])
  expect((await ask(fake, 'DELETE', '/_search/scroll', { scroll_id: [id] })).body).toEqual({ succeeded: true, num_freed: 1 })
  const gone = await ask(fake, 'POST', '/_search/scroll', { scroll: '1m', scroll_id: id })
  expect(gone.status).toBe(404)
  expect(gone.text).toContain('search_context_missing_exception')
})

test('slices of a scroll share the documents out', async () => {
  await fill(20)
  const slice = async (id: number): Promise<string[]> =>
    hitsOf(await ask(fake, 'POST', '/a/_search?scroll=1m', { size: 100, slice: { id, max: 2 } })).map(hit => hit._id ?? '')
  const [one, other] = [await slice(0), await slice(1)]
  expect(new Set([...one, ...other]).size).toBe(20)
  expect(one.length + other.length).toBe(20)
})

test.each(['elasticsearch', 'opensearch'] as const)('a point in time of %s keeps its view until it is closed', async flavor => {
  await using cluster = await startFake({ flavor })
  await ask(cluster, 'POST', '/a/_bulk?refresh=true', lines([{ _id: '1' }, '{}']))
  const [openPath, closePath] =
    flavor === 'elasticsearch' ? ['/a/_pit', '/_pit'] : ['/a/_search/point_in_time', '/_search/point_in_time']
  const opened = (await ask(cluster, 'POST', `${openPath}?keep_alive=1m&preference=_shards:0`)).body as {
    id?: string
    pit_id?: string
  }
  const id = opened.id ?? opened.pit_id
  await ask(cluster, 'DELETE', '/a/_doc/1')
  const found = await ask(cluster, 'POST', '/_search', { sort: ['_doc'], pit: { id, keep_alive: '1m' } })
  expect(hitsOf(found).map(hit => hit._id)).toEqual(['1'])
  expect((await ask(cluster, 'DELETE', closePath, flavor === 'elasticsearch' ? { id } : { pit_id: [id] })).status).toBe(200)
  expect((await ask(cluster, 'POST', '/_search', { pit: { id } })).status).toBe(404)
})

test('queries find by range, term, terms, ids and their combinations', async () => {
  await ask(fake, 'PUT', '/a', {
    mappings: { properties: { k: { type: 'keyword' }, t: { type: 'date' }, o: { properties: { x: { type: 'long' } } } } },
  })
  await ask(
    fake,
    'POST',
    '/a/_bulk',
    lines(
      [{ _id: '1' }, '{"n":1,"k":"a","t":"2026-01-01T00:00:00Z","o":{"x":[1,2]}}'],
      [{ _id: '2' }, '{"n":2,"k":"b","t":1767312000000,"o.x":5}'],
      [{ _id: '3' }, '{"n":3,"k":["a","c"]}'],
    ),
  )
  const found = async (query: object): Promise<string> =>
    hitsOf(await ask(fake, 'POST', '/a/_search', { query }))
      .map(hit => hit._id)
      .join()
  expect(await found({ match_all: {} })).toBe('1,2,3')
  expect(await found({ range: { n: { gte: 2 } } })).toBe('2,3')
  expect(await found({ range: { t: { gt: '2026-01-01' } } })).toBe('2')
  expect(await found({ range: { 'o.x': { gt: 4 } } })).toBe('2')
  expect(await found({ term: { k: 'a' } })).toBe('1,3')
  expect(await found({ terms: { k: ['b', 'c'] } })).toBe('2,3')
  expect(await found({ ids: { values: ['3', '1'] } })).toBe('1,3')
  expect(await found({ bool: { must: [{ term: { k: 'a' } }], must_not: { range: { n: { gt: 2 } } } } })).toBe('1')
  expect(await found({ bool: { should: [{ term: { n: 2 } }, { term: { n: 3 } }] } })).toBe('2,3')
})

test('an alias lets through what its filter takes', async () => {
  await fill(4)
  await ask(fake, 'POST', '/_aliases', { actions: [{ add: { index: 'a', alias: 'big', filter: { range: { n: { gte: 2 } } } } }] })
  expect((await ask(fake, 'POST', '/big/_count')).body).toMatchObject({ count: 2 })
})

test('what a search may not ask for is refused, and so is what the fake does not know', async () => {
  await fill(1)
  const reason = async (path: string, body: object): Promise<string> => (await ask(fake, 'POST', path, body)).text
  expect(await reason('/a/_search', { size: 10_001 })).toContain('Result window is too large')
  expect(await reason('/a/_search', { sort: ['nope'] })).toContain('No mapping found for [nope] in order to sort on')
  expect(await reason('/a/_search?scroll=1m', { track_total_hits: false })).toContain(
    'disabling [track_total_hits] is not allowed',
  )
  expect(await reason('/a/_search', { aggs: {} })).toContain('Unknown key for a START_OBJECT in [aggs]')
  expect(await reason('/a/_search', { _source: ['n'] })).toContain('not_faked_exception')
})

test('a cluster without sequence numbers has them nowhere', async () => {
  await using old = await startFake({ sequenceNumbers: false })
  await ask(old, 'POST', '/a/_bulk', lines([{ _id: '1' }, '{}']))
  expect(errorOf(await ask(old, 'POST', '/a/_search', { seq_no_primary_term: true })).type).toBe('parsing_exception')
  expect((await ask(old, 'POST', '/a/_search', { sort: ['_seq_no'] })).text).toContain('No mapping found for [_seq_no]')
  expect((await ask(old, 'POST', '/a/_count', { query: { range: { _seq_no: { gte: 0 } } } })).body).toMatchObject({ count: 0 })
  expect((await ask(old, 'GET', '/a/_stats?level=shards')).text).not.toContain('"seq_no":{')
})
