import { describe, expect, test } from 'vitest'
import { targetAliases } from './aliases.ts'
import { readNames } from './names.ts'
import { findIndex, readIndex } from './read.ts'
import { elasticsearch, opensearch, tableCluster } from './table-cluster.test-part.ts'

const signal = AbortSignal.timeout(10_000)
const settings = { index: { uuid: 'u', number_of_shards: '5' } }
const open = { 'GET /_cat/indices/a': { body: [{ status: 'open' }] } }

describe('readIndex', () => {
  test('takes the type name off mappings of Elasticsearch 5 and 6', async () => {
    const mappings = { _default_: {}, tweet: { properties: { t: { type: 'text' } } } }
    const cluster = tableCluster(elasticsearch('5.6.16'), {
      'GET /a': { body: { a: { settings, mappings, aliases: {} } } },
      ...open,
    })
    expect(await readIndex(cluster, 'a', signal)).toMatchObject({
      uuid: 'u',
      shards: 5,
      open: true,
      mappings: { properties: { t: {} } },
    })
  })

  test('names the types where there are several', async () => {
    const cluster = tableCluster(elasticsearch('5.6.16'), {
      'GET /a': { body: { a: { settings, mappings: { x: {}, y: {} }, aliases: {} } } },
      ...open,
    })
    expect(await readIndex(cluster, 'a', signal)).toMatchObject({ severalTypes: { x: {}, y: {} }, mappings: {} })
  })

  test('a closed index is told by its setting, on old servers by _cat', async () => {
    const closed = { index: { ...settings.index, verified_before_close: 'true' } }
    const os = tableCluster(opensearch('2.19.4'), { 'GET /a': { body: { a: { settings: closed, mappings: {}, aliases: {} } } } })
    expect((await readIndex(os, 'a', signal)).open).toBe(false)
    const es6 = tableCluster(elasticsearch('6.8.9'), {
      'GET /a': { body: { a: { settings, mappings: {}, aliases: {} } } },
      'GET /_cat/indices/a': { body: [{ status: 'close' }] },
    })
    expect((await readIndex(es6, 'a', signal)).open).toBe(false)
  })

  test('an alias is told from an index', async () => {
    const cluster = tableCluster(opensearch('2.19.4'), { 'GET /al': { body: { a: { settings, mappings: {}, aliases: {} } } } })
    expect(await findIndex(cluster, 'al', signal)).toEqual({ kind: 'other-name', indices: ['a'] })
    expect(await findIndex(cluster, 'none', signal)).toEqual({ kind: 'nothing' })
    await expect(readIndex(cluster, 'none', signal)).rejects.toMatchObject({ code: 'index-unknown' })
  })
})

describe('readNames', () => {
  test('old and new servers give the same names', async () => {
    const es6 = tableCluster(elasticsearch('6.8.9'), {
      'GET /_cat/indices': {
        body: [
          { index: 'a', status: 'open' },
          { index: 'b', status: 'close' },
        ],
      },
      'GET /_alias': { body: { a: { aliases: { al: {} } }, b: { aliases: { al: {} } } } },
    })
    const os = tableCluster(opensearch('2.19.4'), {
      'GET /_resolve/index/*': {
        body: {
          indices: [
            { name: 'a', aliases: ['al'], attributes: ['open'] },
            { name: 'b', aliases: ['al'], attributes: ['closed'] },
          ],
          aliases: [{ name: 'al', indices: ['a', 'b'] }],
          data_streams: [],
        },
      },
    })
    expect(await readNames(es6, signal)).toEqual(await readNames(os, signal))
    expect((await readNames(os, signal)).indices).toEqual([
      { name: 'a', open: true, hidden: false },
      { name: 'b', open: false, hidden: false },
    ])
  })
})

describe('targetAliases', () => {
  const full = { filter: { term: { a: 1 } }, index_routing: '1', search_routing: '2', is_write_index: true, is_hidden: true }

  test('keeps all five parts where the target knows them, and says what it drops', () => {
    expect(targetAliases({ x: full }, opensearch('1.3.14'))).toEqual({ aliases: { x: full }, changes: [] })
    const old = targetAliases({ x: full }, elasticsearch('6.8.9'))
    expect(old.aliases['x']).not.toHaveProperty('is_hidden')
    expect(old.changes).toMatchObject([{ kind: 'dropped', what: 'aliases.x.is_hidden' }])
  })
})
