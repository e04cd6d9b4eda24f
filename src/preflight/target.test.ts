import { expect, test } from 'vitest'
import { disk } from './disk.ts'
import { fakeCluster, forbidden, found, planOf, task, told } from './fake-answers.test-part.ts'
import type { Said } from './fake-answers.test-part.ts'
import { httpLimit } from './http-limit.ts'
import { shardLimit } from './shard-limit.ts'
import { targetBlocks } from './target-blocks.ts'
import { targetNames } from './target-names.ts'
import { targetTemplates } from './target-templates.ts'
import { freeKeptBytes } from '../cluster/watermark.ts'

const target = (table: Readonly<Record<string, Said>>) => fakeCluster('target', 'opensearch 2.19.4', table)
const gb = 1024 ** 3

const taken = target({
  'GET /_resolve/index/*': {
    indices: [{ name: 'old', attributes: ['open'] }],
    aliases: [{ name: 'nick', indices: ['old'] }],
    data_streams: [{ name: 'stream' }],
  },
})

test('an index, alias or data stream of a planned name is an error with ways out', async () => {
  const findings = await found(targetNames, {
    target: taken,
    plan: planOf(...['old', 'nick', 'stream', 'free'].map(name => task(name))),
  })
  expect(told(findings)).toEqual(['error old', 'error nick', 'error stream'])
  expect(findings[0]?.remedy).toMatch(/--into-existing.*--rename.*\nDELETE \/old/)
  expect(findings[1]?.remedy).toContain('{"remove":{"index":"old","alias":"nick"}}')
})

test('into-existing wants an index of that name', async () => {
  const plan = planOf(task('old', { action: 'into-existing' }), task('free', { action: 'into-existing' }))
  expect(told(await found(targetNames, { target: taken, plan }))).toEqual(['error free'])
})

test('indices that this migration made itself are no obstacle to it', async () => {
  expect(told(await found(targetNames, { target: taken, plan: planOf(task('old')), created: new Set(['old']) }))).toEqual([
    'ok target',
  ])
})

test('skipped and refused indices are not looked at', async () => {
  const plan = planOf(task('old', { action: 'skip' }), task('nick', { action: 'refuse' }))
  expect(told(await found(targetNames, { target: taken, plan }))).toEqual(['ok target'])
})

const template = (name: string, pattern: string, priority: number) => ({
  name,
  index_template: { index_patterns: [pattern], priority },
})

test('a template that merges into a planned index is named with what it adds; the highest priority goes first', async () => {
  const cluster = target({
    'GET /_index_template': { index_templates: [template('all', '*', 0), template('cities', 'cit*', 7)] },
    'GET /_index_template/*': { index_templates: [{ index_template: {} }] },
    'GET /_template': {},
    'POST /_index_template/_simulate_index/cities': {
      template: {
        settings: { index: { refresh_interval: '30s' } },
        mappings: { dynamic: 'strict', properties: { a: {} } },
        aliases: { nick: {} },
      },
    },
  })
  const findings = await found(targetTemplates, { target: cluster, plan: planOf(task('cities')) })
  expect(told(findings)).toEqual(['warning cities'])
  expect(findings[0]?.message).toContain('index template cities')
  expect(findings[0]?.message).toContain('setting index.refresh_interval, field a, mapping dynamic, and alias nick')
})

test('a template that makes data streams only is an error', async () => {
  const cluster = target({
    'GET /_index_template': { index_templates: [template('logs', 'logs-*', 100)] },
    'GET /_index_template/*': { index_templates: [{ index_template: { data_stream: {} } }] },
    'GET /_template': {},
  })
  const findings = await found(targetTemplates, { target: cluster, plan: planOf(task('logs-a'), task('xlogs-a')) })
  expect(told(findings)).toEqual(['error logs-a'])
})

test('legacy templates count where no composable one matches; a dot in a pattern is a dot', async () => {
  const cluster = target({
    'GET /_index_template': {},
    'GET /_template': { old: { index_patterns: ['a.b*'] } },
  })
  const findings = await found(targetTemplates, { target: cluster, plan: planOf(task('a.b1'), task('axb1')) })
  expect(told(findings)).toEqual(['warning a.b1'])
})

test('templates that may not be read are unknown, with the privilege that shows them', async () => {
  const cluster = target({ 'GET /_index_template': forbidden, 'GET /_template': forbidden })
  const findings = await found(targetTemplates, { target: cluster, plan: planOf(task('a')) })
  expect(told(findings)).toEqual(['unknown target'])
  expect(findings[0]?.remedy).toContain('manage_index_templates')
})

const settings = (given: Readonly<Record<string, string>> = {}): Said => ({
  persistent: given,
  defaults: {
    'cluster.max_shards_per_node': '1000',
    'cluster.blocks.read_only': 'false',
    'cluster.blocks.read_only_allow_delete': 'false',
    'cluster.routing.allocation.disk.watermark.high': '90%',
    'cluster.routing.allocation.disk.watermark.flood_stage': '95%',
  },
})

test('cluster settings are asked for by a filter that flat names match', async () => {
  let filter: unknown
  const asked = target({
    'GET /_cluster/settings': request => {
      filter = request.query?.['filter_path']
      return settings()
    },
  })
  await found(targetBlocks, { target: asked })
  expect(filter).toBe('*.cluster*')
})

test('a read-only target and blocked or closed indices to write into are errors', async () => {
  const cluster = target({
    'GET /_cluster/settings': settings({ 'cluster.blocks.read_only_allow_delete': 'true' }),
    'GET /_resolve/index/*': {
      indices: [
        { name: 'full', attributes: ['open'] },
        { name: 'shut', attributes: ['closed'] },
      ],
    },
    'GET /full,shut/_settings/index.blocks.*': { full: { settings: { 'index.blocks.read_only_allow_delete': 'true' } } },
  })
  const plan = planOf(...['full', 'shut'].map(name => task(name, { action: 'into-existing' })))
  const findings = await found(targetBlocks, { target: cluster, plan })
  expect(told(findings)).toEqual(['error target', 'error shut', 'error full'])
  expect(findings[2]?.remedy).toContain('PUT /full/_settings {"index.blocks.read_only_allow_delete":null}')
})

test('nothing blocks writes only where the target says so', async () => {
  expect(told(await found(targetBlocks, { target: target({ 'GET /_cluster/settings': settings() }) }))).toEqual(['ok target'])
  expect(told(await found(targetBlocks, { target: target({ 'GET /_cluster/settings': {} }) }))).toEqual(['unknown target'])
})

const counts = { number_of_data_nodes: 2, active_shards: 1900, initializing_shards: 2, unassigned_shards: 8 }

test.each([
  [20, 'warning target'],
  [45, 'warning target'],
  [46, 'error target'],
])('%i shards with a replica each on 2 nodes that hold 1910 of 2000: %s', async (shards, expected) => {
  const cluster = target({ 'GET /_cluster/health': counts, 'GET /_cluster/settings': settings() })
  const findings = await found(shardLimit, { target: cluster, plan: planOf(task('a', { shards })) })
  expect(told(findings)).toEqual([expected])
  expect(findings[0]?.remedy).toContain('PUT /_cluster/settings {"persistent":{"cluster.max_shards_per_node"')
})

test('replicas are counted as the plan sets them, also by auto_expand_replicas', async () => {
  const cluster = target({
    'GET /_cluster/health': { ...counts, active_shards: 0, unassigned_shards: 0, initializing_shards: 0 },
    'GET /_cluster/settings': settings(),
  })
  const plan = planOf(
    task('none', { settings: { index: { number_of_replicas: '0' } } }),
    task('flat', { settings: { 'index.number_of_replicas': 3 } }),
    task('auto', { settings: { index: { auto_expand_replicas: '0-all', number_of_replicas: '5' } } }),
  )
  const findings = await found(shardLimit, { target: cluster, plan })
  expect(findings[0]).toMatchObject({ severity: 'ok', message: expect.stringContaining('7 are planned') as string })
})

const disks = (...availableGb: number[]): Said => ({
  nodes: {
    cm: { name: 'cm', roles: ['cluster_manager'], fs: { total: { total_in_bytes: 999 * gb, available_in_bytes: 999 * gb } } },
    ...Object.fromEntries(
      availableGb.map((available, i) => [
        `n${i}`,
        { name: `n${i}`, roles: ['data'], fs: { total: { total_in_bytes: 100 * gb, available_in_bytes: available * gb } } },
      ]),
    ),
  },
})
const onDisks = async (bytes: number, said: Said = disks(20, 20), given: Readonly<Record<string, string>> = {}) =>
  await found(disk, {
    target: target({ 'GET /_nodes/stats/fs': said, 'GET /_cluster/settings': settings(given) }),
    plan: planOf(task('a', { estimate: { docs: 1, bytes } })),
  })

test('bytes with replicas are held against what data nodes have up to the high watermark and the flood stage', async () => {
  // Two nodes of 100 GB with 20 GB free: 20 GB up to 90 %, 30 GB up to 95 %.
  expect(told(await onDisks(9 * gb))).toEqual(['ok target'])
  expect(told(await onDisks(12 * gb))).toEqual(['warning target'])
  expect(told(await onDisks(16 * gb))).toEqual(['error target'])
})

test('replicas that find no node of their own take no space', async () => {
  expect(told(await onDisks(9 * gb, disks(20)))).toEqual(['ok target'])
})

test('with the disk threshold off, all free bytes count', async () => {
  const off = { 'cluster.routing.allocation.disk.threshold_enabled': 'false' }
  expect(told(await onDisks(19 * gb, disks(20, 20), off))).toEqual(['ok target'])
})

test('disks that may not be looked at are unknown', async () => {
  const findings = await onDisks(1, forbidden)
  expect(told(findings)).toEqual(['unknown target'])
  expect(findings[0]?.remedy).toBeDefined()
})

test('watermarks are shares, ratios or free bytes, and a head room bounds shares on large disks', () => {
  expect(freeKeptBytes('90%', undefined, 100 * gb)).toBeCloseTo(10 * gb)
  expect(freeKeptBytes('0.9', undefined, 100 * gb)).toBeCloseTo(10 * gb)
  expect(freeKeptBytes('50gb', undefined, 100 * gb)).toBe(50 * gb)
  expect(freeKeptBytes('90%', '150GB', 10_000 * gb)).toBe(150 * gb)
  expect(freeKeptBytes('90%', '-1', 10_000 * gb)).toBeCloseTo(1_000 * gb)
})

test('the smallest request limit of all nodes is told, and is a warning below 10 MB', async () => {
  const limits = (...bytes: number[]) =>
    target({
      'GET /_nodes/http': {
        nodes: Object.fromEntries(bytes.map((max, i) => [i, { http: { max_content_length_in_bytes: max } }])),
      },
    })
  expect(told(await found(httpLimit, { target: limits(100 * 1024 ** 2) }))).toEqual(['info target'])
  const small = await found(httpLimit, { target: limits(100 * 1024 ** 2, 5 * 1024 ** 2) })
  expect(told(small)).toEqual(['warning target'])
  expect(small[0]?.remedy).toBe('In opensearch.yml of every target node, then restart it: http.max_content_length: 100mb')
  expect(told(await found(httpLimit, { target: limits() }))).toEqual(['unknown target'])
})
