import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, errorOf } from './ask.ts'
import { startFake } from './fake.ts'
import type { FakeCluster } from './fake.ts'

let fake: FakeCluster
beforeEach(async () => {
  fake = await startFake()
})
afterEach(() => fake.close())

test('an index shows its settings as text, its mappings and its aliases', async () => {
  await ask(fake, 'PUT', '/logs', {
    settings: { index: { number_of_shards: 2 }, refresh_interval: '-1' },
    mappings: { properties: { n: { type: 'long' } } },
    aliases: { all: { routing: 'r', filter: { term: { n: 1 } } } },
  })
  const shown = await ask(fake, 'GET', '/logs')
  expect(shown.body).toMatchObject({
    logs: {
      aliases: { all: { filter: { term: { n: 1 } }, index_routing: 'r', search_routing: 'r' } },
      mappings: { properties: { n: { type: 'long' } } },
      settings: { index: { number_of_shards: '2', refresh_interval: '-1', version: { created: '7100299' } } },
    },
  })
})

test('settings no server takes at creation are refused with the real messages', async () => {
  const refused = await ask(fake, 'PUT', '/a', { settings: { 'index.creation_date': '1' } })
  expect(refused.status).toBe(400)
  expect(errorOf(refused).reason).toMatch(/^unknown setting \[index\.creation_date\] please check/)
  const secret = await ask(fake, 'PUT', '/a', { settings: { index: { version: { created: 1 } } } })
  expect(errorOf(secret).reason).toBe(
    'Validation Failed: 1: private index setting [index.version.created] can not be set explicitly;',
  )
  expect((await ask(fake, 'HEAD', '/a')).status).toBe(404)
})

test('an index is created once', async () => {
  await ask(fake, 'PUT', '/a')
  const again = await ask(fake, 'PUT', '/a')
  expect([again.status, errorOf(again).type]).toEqual([400, 'resource_already_exists_exception'])
})

test('expressions resolve lists, wildcards, exclusions, aliases and hidden indices', async () => {
  for (const name of ['a1', 'a2', 'b1']) await ask(fake, 'PUT', `/${name}`, { aliases: name === 'b1' ? { bee: {} } : {} })
  await ask(fake, 'PUT', '/.secret', { settings: { 'index.hidden': true } })
  const names = async (expression: string): Promise<string[]> =>
    Object.keys((await ask(fake, 'GET', `/${expression}`)).body as object)
  expect(await names('a*,-a2')).toEqual(['a1'])
  expect(await names('bee,a1')).toEqual(['a1', 'b1'])
  expect(await names('*')).toEqual(['a1', 'a2', 'b1'])
  expect(await names('*?expand_wildcards=all')).toEqual(['a1', 'a2', 'b1', '.secret'])
  expect(await names('none*')).toEqual([])
  expect(await names('a1,none?ignore_unavailable=true')).toEqual(['a1'])
  const missing = await ask(fake, 'GET', '/a1,none')
  expect([missing.status, errorOf(missing).type]).toEqual([404, 'index_not_found_exception'])
})

test('alias actions apply together or not at all', async () => {
  await ask(fake, 'PUT', '/a')
  const add = {
    add: { index: 'a', alias: 'x', index_routing: '1', search_routing: '1,2', is_write_index: true, is_hidden: true },
  }
  const failed = await ask(fake, 'POST', '/_aliases', { actions: [add, { remove: { index: 'a', alias: 'nope' } }] })
  expect([failed.status, errorOf(failed).type]).toEqual([404, 'aliases_not_found_exception'])
  expect((await ask(fake, 'GET', '/a/_alias')).body).toEqual({ a: { aliases: {} } })
  await ask(fake, 'POST', '/_aliases', { actions: [add] })
  const { index: _index, alias: _alias, ...spec } = add.add
  expect((await ask(fake, 'GET', '/_alias')).body).toEqual({ a: { aliases: { x: spec } } })
})

test('one call replaces an index by an alias of the same name', async () => {
  await ask(fake, 'PUT', '/old')
  await ask(fake, 'PUT', '/new')
  const actions = [{ remove_index: { index: 'old' } }, { add: { index: 'new', alias: 'old' } }]
  expect((await ask(fake, 'POST', '/_aliases', { actions })).body).toEqual({ acknowledged: true })
  expect(Object.keys((await ask(fake, 'GET', '/old')).body as object)).toEqual(['new'])
})

test('settings change while the index is open, except the static ones', async () => {
  await ask(fake, 'PUT', '/a')
  await ask(fake, 'PUT', '/a/_settings', { index: { refresh_interval: '-1', 'blocks.write': true } })
  const flat = (await ask(fake, 'GET', '/a/_settings?flat_settings=true')).body
  expect(flat).toMatchObject({ a: { settings: { 'index.refresh_interval': '-1', 'index.blocks.write': 'true' } } })
  await ask(fake, 'PUT', '/a/_settings', { index: { refresh_interval: null } })
  expect((await ask(fake, 'GET', '/a/_settings/index.refresh*')).body).toEqual({ a: { settings: {} } })
  const refused = await ask(fake, 'PUT', '/a/_settings', { number_of_shards: 3 })
  expect(errorOf(refused).reason).toMatch(/^Can't update non dynamic settings \[\[index\.number_of_shards\]\]/)
})

test('a field keeps its type', async () => {
  await ask(fake, 'PUT', '/a', { mappings: { properties: { n: { type: 'long' } } } })
  const refused = await ask(fake, 'PUT', '/a/_mapping', { properties: { n: { type: 'keyword' } } })
  expect(errorOf(refused).reason).toBe('mapper [n] cannot be changed from type [long] to [keyword]')
})

test('each flavor introduces itself as its servers do', async () => {
  expect((await ask(fake, 'GET', '/')).body).toMatchObject({ version: { number: '7.10.2', build_flavor: 'default' } })
  await using other = await startFake({ flavor: 'opensearch', version: '3.8.0' })
  expect((await ask(other, 'GET', '/')).body).toMatchObject({ version: { number: '3.8.0', distribution: 'opensearch' } })
})

test('an unknown path and a wrong method are told apart', async () => {
  expect((await ask(fake, 'GET', '/a/b/c/d')).status).toBe(400)
  expect((await ask(fake, 'POST', '/a')).status).toBe(405)
})

test('replicas find no node: health is yellow, and waiting for green times out', async () => {
  await ask(fake, 'PUT', '/a', { settings: { number_of_replicas: 1 } })
  const waited = await ask(fake, 'GET', '/_cluster/health/a?wait_for_status=green&timeout=1s')
  expect(waited.status).toBe(408)
  expect(waited.body).toMatchObject({ status: 'yellow', timed_out: true, unassigned_shards: 1 })
})
