import { expect, test } from 'vitest'
import { clock } from './clock.ts'
import { fakeCluster, forbidden, found, planOf, task, told, unreachable } from './fake-answers.test-part.ts'
import { health } from './health.ts'
import { openIndices } from './open-indices.ts'
import { sameIndices } from './same-indices.ts'
import { sequenceNumbers } from './sequence-numbers.ts'
import { transport } from './transport.ts'
import { versions } from './versions.ts'

test.each([
  ['elasticsearch 5.6.16', 'opensearch 2.19.4', ['ok source', 'ok target']],
  ['elasticsearch 5.5.0', 'elasticsearch 7.9.3', ['error source', 'error target']],
  ['elasticsearch 10.0.0', 'opensearch 4.0.0', ['error source', 'error target']],
  ['opensearch 3.8.0', 'elasticsearch 9.5.3', ['ok source', 'ok target']],
  ['opensearch 3.8.0', 'opensearch 2.19.4', ['ok source', 'ok target', 'warning target']],
])('%s to %s: supported versions pass, others are errors, an older target is a warning', async (from, to, expected) => {
  const findings = await found(versions, { source: fakeCluster('source', from), target: fakeCluster('target', to) })
  expect(told(findings)).toEqual(expected)
})

test('the same cluster on both sides is a warning, and an error where an index would be copied onto itself', async () => {
  const source = fakeCluster('source', 'opensearch 2.19.4')
  const target = { ...fakeCluster('target', 'opensearch 2.19.4'), identity: source.identity }
  const renamed = await found(versions, { source, target, plan: planOf(task('a', { target: 'b' })) })
  expect(told(renamed).at(-1)).toBe('warning target')
  const same = await found(versions, { source, target, plan: planOf(task('a')) })
  expect(told(same).at(-1)).toBe('error target')
  expect(same.at(-1)?.message).toContain('a would be copied onto itself')
})

test('what the settings warn of appears on its side with a remedy; TLS without a warning passes', async () => {
  const findings = await found(transport, {
    source: fakeCluster('source', 'elasticsearch 7.10.2', {}, 'http://es.old:9200'),
    warnings: ['source.url: http://es.old:9200 is not https: credentials and documents go over the network unencrypted.'],
  })
  expect(told(findings)).toEqual(['warning source', 'ok target'])
  expect(findings[0]?.message).not.toContain('source.url')
  expect(findings[0]?.remedy).toContain('url: "https://es.old:9200"')
  const unverified = await found(transport, { warnings: ["target.insecure: the target's certificate is not verified."] })
  expect(unverified[1]?.remedy).toBe('shardferry.yaml: target: { insecure: false, ca: FILE }')
})

const healthOf = (status: string, indices: object = {}) => ({
  'GET /_cluster/health': { status, number_of_nodes: 3, unassigned_shards: 2, indices },
})

test('green passes, yellow is told, and a red index of the plan is an error that names it', async () => {
  const red = { gone: { status: 'red' }, fine: { status: 'green' }, other: { status: 'red' } }
  const source = fakeCluster('source', 'elasticsearch 7.10.2', healthOf('red', red))
  const target = fakeCluster('target', 'opensearch 2.19.4', healthOf('yellow'))
  const planned = await found(health, { source, target, plan: planOf(task('gone'), task('fine')) })
  expect(told(planned)).toEqual(['error source', 'info target'])
  expect(planned[0]?.message).toBe('Red: primary shards of gone are unassigned.')
  expect(planned[0]?.remedy).toContain('GET /_cluster/allocation/explain {"index":"gone","shard":0,"primary":true}')
  const elsewhere = await found(health, { source, target, plan: planOf(task('fine')) })
  expect(told(elsewhere)[0]).toBe('warning source')
  const unplanned = await found(health, { source, target })
  expect(unplanned[0]?.severity).toBe('error')
})

test('where the user may not look, health is unknown with the missing privilege; the other side is looked at all the same', async () => {
  const findings = await found(health, {
    source: fakeCluster('source', 'elasticsearch 7.10.2', { 'GET /_cluster/health': forbidden }),
    target: fakeCluster('target', 'opensearch 2.19.4', healthOf('green')),
  })
  expect(told(findings)).toEqual(['unknown source', 'ok target'])
  expect(findings[0]?.remedy).toContain('privilege')
})

test('indices read by slices are named with the reason and what is lost', async () => {
  const reason = 'the user may not read _stats of b (index privilege monitor)'
  const findings = await found(sequenceNumbers, { plan: planOf(task('a'), task('b', { read: { by: 'slices', reason } })) })
  expect(told(findings)).toEqual(['ok source', 'warning b'])
  expect(findings[1]?.message).toContain(reason)
  expect(findings[1]?.remedy).toContain('index privileges monitor and maintenance')
})

const resolved = (indices: object) => ({ indices, aliases: [], data_streams: [] })

test('closed, unreadable and vanished indices of the plan are errors, a write block is only told', async () => {
  const source = fakeCluster('source', 'elasticsearch 7.10.2', {
    'GET /_resolve/index/*': resolved([
      { name: 'open', attributes: ['open'] },
      { name: 'closed', attributes: ['closed'] },
      { name: 'frozen', attributes: ['open'] },
      { name: 'still', attributes: ['open'] },
    ]),
    'GET /open,closed,frozen,still/_settings/index.blocks.*': {
      frozen: { settings: { 'index.blocks.read': 'true', 'index.blocks.write': 'false' } },
      still: { settings: { 'index.blocks.write': 'true' } },
    },
  })
  const plan = planOf(task('open'), task('closed'), task('frozen'), task('still'), task('gone'))
  const findings = await found(openIndices, { source, plan })
  expect(told(findings)).toEqual(['error closed', 'error frozen', 'info still', 'error gone'])
  expect(findings[0]?.remedy).toContain('POST /closed/_open')
  expect(findings[1]?.remedy).toContain('PUT /frozen/_settings {"index.blocks.read":null}')
})

test('an index that was created anew since, or has other shards than a plan that was edited says, is an error', async () => {
  const facts = (uuid: string, shards = '1') => ({ settings: { 'index.uuid': uuid, 'index.number_of_shards': shards } })
  const source = fakeCluster('source', 'elasticsearch 7.10.2', {
    'GET /a,b,c,gone/_settings/index.uuid,index.number_of_shards': {
      a: facts('a-uuid'),
      b: facts('another'),
      c: facts('c-uuid', '5'),
    },
  })
  const findings = await found(sameIndices, { source, plan: planOf(task('a'), task('b'), task('c'), task('gone')) })
  expect(told(findings)).toEqual(['error b', 'error c'])
  expect(findings[1]?.message).toContain('5 shards')
})

test('Elasticsearch before 7.9 tells closed indices by its cluster state', async () => {
  const source = fakeCluster('source', 'elasticsearch 6.8.9', {
    'GET /_cluster/state/metadata/a,b': { metadata: { indices: { a: { state: 'open' }, b: { state: 'close' } } } },
    'GET /a,b/_settings/index.blocks.*': {},
  })
  expect(told(await found(openIndices, { source, plan: planOf(task('a'), task('b')) }))).toEqual(['error b'])
})

test('a node clock that is more than 30 seconds away is a warning; the time of the answer itself is allowed for', async () => {
  const nodes = (...timestamps: number[]) => ({
    'GET /_nodes/stats/os': { nodes: Object.fromEntries(timestamps.map((timestamp, i) => [i, { name: `n${i}`, timestamp }])) },
  })
  const reads = [1_000_000, 1_000_000, 1_010_000, 1_010_000]
  const findings = await found(clock, {
    source: fakeCluster('source', 'elasticsearch 7.10.2', nodes(1_039_000, 971_000)),
    target: fakeCluster('target', 'opensearch 2.19.4', nodes(1_005_000, 1_100_000, 900_000)),
    now: () => reads.shift() ?? 0,
  })
  expect(told(findings)).toEqual(['ok source', 'warning target'])
  expect(findings[1]?.message).toContain('n1 (90 s fast) and n2 (100 s slow)')
})

test('a cluster that cannot be reached is unknown, not a pass', async () => {
  const findings = await found(clock, { source: fakeCluster('source', 'opensearch 2.19.4', { 'GET *': unreachable }) })
  expect(told(findings)[0]).toBe('unknown source')
  expect(findings[0]?.remedy).toBe('start it')
})
