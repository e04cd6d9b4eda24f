import { describe, expect, test } from 'vitest'
import { elasticsearch, opensearch, tableCluster } from '../metadata/table-cluster.test-part.ts'
import type { Table } from '../metadata/table-cluster.test-part.ts'
import type { Identity } from '../model/version.ts'
import type { Inventory } from './inventory.ts'
import { takeInventory } from './inventory.ts'

const signal = AbortSignal.timeout(10_000)
const whole = { failed: 0, total: 1 }

const cities: Table = {
  'GET /_resolve/index/*': { body: { indices: [{ name: 'cities', attributes: ['open'] }], aliases: [], data_streams: [] } },
  'GET /_cluster/health': { body: { indices: { cities: { status: 'yellow' }, other: { status: 'red' } } } },
  'GET /cities': {
    body: { cities: { settings: { index: { uuid: 'u', number_of_shards: '1' } }, mappings: {}, aliases: { al: {} } } },
  },
  'POST /cities/_count': [{ body: { count: 1000, _shards: whole } }, { body: { count: 0, _shards: whole } }],
  'POST /cities/_search': { body: { hits: { hits: [{ _source: 'x'.repeat(20 * 281) }] } } },
  'GET /cities/_stats/docs': { body: {} },
  'POST /cities/_refresh': { body: { _shards: { total: 1, successful: 1, failed: 0 } } },
}
const target: Table = { 'GET /_ingest/pipeline': { body: { stamp: {} } } }

const forbidden = { status: 403, body: { error: { type: 'security_exception', reason: 'action [x] is unauthorized' } } }

async function take(over: Table = {}, identity: Identity = elasticsearch('7.10.2'), onTarget: Table = {}): Promise<Inventory> {
  const source = tableCluster(identity, { ...cities, ...over }, 'source')
  const there = tableCluster(opensearch('2.19.4'), { ...target, ...onTarget })
  return takeInventory(source, there, { patterns: ['cities'], includeSystem: false, renames: {}, filters: {} }, signal)
}

describe('takeInventory', () => {
  test('counts, samples, and looks at the target', async () => {
    const found = await take()
    expect(found).toMatchObject({ targetPipelines: ['stamp'], takenAliases: [], patterns: ['cities'] })
    expect(found.indices[0]).toMatchObject({
      target: 'cities',
      onTarget: { kind: 'nothing' },
      seqNo: { usable: true },
      estimate: { docs: 1000 },
    })
    expect(found.indices[0]?.estimate.bytes).toBeGreaterThan(150_000)
    expect(found.indices[0]?.estimate.bytes).toBeLessThan(300_000)
  })

  test('sequence numbers are not used where documents lack them, or _stats or _refresh is forbidden', async () => {
    const counts = [{ body: { count: 9, _shards: whole } }, { body: { count: 4, _shards: whole } }]
    expect((await take({ 'POST /cities/_count': counts })).indices[0]?.seqNo).toMatchObject({ usable: false, hitsHaveIt: false })
    expect((await take({ 'POST /cities/_refresh': forbidden })).indices[0]?.seqNo).toMatchObject({
      usable: false,
      hitsHaveIt: true,
      reason: 'the user may not refresh cities (index privilege maintenance)',
    })
    expect((await take({ 'GET /cities/_stats/docs': forbidden })).indices[0]?.seqNo).toMatchObject({
      usable: false,
      hitsHaveIt: true,
    })
  })

  test('a query that compares with the present is refused before the indices are looked at', async () => {
    const source = tableCluster(elasticsearch('7.10.2'), cities, 'source')
    const selection = {
      patterns: ['cities'],
      includeSystem: false,
      renames: {},
      filters: {},
      query: { range: { t: { gte: 'now-1d' } } },
    }
    await expect(takeInventory(source, tableCluster(opensearch('2.19.4'), target), selection, signal)).rejects.toMatchObject({
      code: 'plan-invalid',
      hint: expect.stringContaining('||-1d') as string,
    })
  })

  test('the number of routing shards is read where there are several shards', async () => {
    const settings = { index: { uuid: 'u', number_of_shards: '2' } }
    const two = {
      'GET /cities': { body: { cities: { settings, mappings: {}, aliases: {} } } },
      'POST /cities/_refresh': { body: { _shards: { total: 2, successful: 2, failed: 0 } } },
    }
    const state = { body: { metadata: { indices: { cities: { routing_num_shards: 6 } } } } }
    const withState = { ...two, 'GET /_cluster/state/metadata/cities': state }
    expect((await take(withState)).indices[0]).toMatchObject({ routingShards: 6 })
    const hidden = { ...two, 'GET /_cluster/state/metadata/cities': forbidden }
    expect((await take(hidden)).indices[0]).not.toHaveProperty('routingShards')
  })

  test('what the user may not see about a cluster is not held against the plan', async () => {
    const found = await take({ 'GET /_cluster/health': forbidden }, undefined, { 'GET /_ingest/pipeline': forbidden })
    expect(found).not.toHaveProperty('targetPipelines')
  })

  test('a red index to move is an error, another red index is not', async () => {
    const red = { 'GET /_cluster/health': { body: { indices: { cities: { status: 'red' } } } } }
    await expect(take(red)).rejects.toMatchObject({ code: 'cluster-red' })
  })

  test('shards that did not count are an error', async () => {
    await expect(take({ 'POST /cities/_count': { body: { count: 3, _shards: { failed: 1 } } } })).rejects.toMatchObject({
      code: 'response-partial',
    })
  })

  test('a closed index is not searched', async () => {
    const settings = { index: { uuid: 'u', number_of_shards: '1', verified_before_close: 'true' } }
    const closed = {
      'GET /cities': { body: { cities: { settings, mappings: {}, aliases: {} } } },
      'POST /cities/_count': { status: 400, body: {} },
    }
    expect((await take(closed)).indices[0]).toMatchObject({ estimate: { docs: 0, bytes: 0 }, definition: { open: false } })
  })

  test.each([
    ['9/index metadata', 'GET /cities', 'metadata'],
    ['7/index read', 'POST /cities/_count', 'read'],
  ])('an index whose block keeps everybody from reading it (%s) is told, and stops no other', async (block, call, name) => {
    const reason = `index [cities] blocked by: [FORBIDDEN/${block} (api)];`
    const answer = { status: 403, body: { error: { type: 'cluster_block_exception', reason } } }
    const { indices } = await take({ [call]: answer })
    expect(indices).toMatchObject([{ unreadable: name, estimate: { docs: 0, bytes: 0 } }])
  })

  test('an alias name that is an index on the target is found', async () => {
    const al = { body: { al: { settings: {}, mappings: {}, aliases: {} } } }
    expect((await take({}, undefined, { 'GET /al': al })).takenAliases).toEqual(['al'])
  })
})
