import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../model/plan.ts'
import { elasticsearch, opensearch, tableCluster } from '../table-cluster.test-part.ts'
import { ilmToIsm } from './ilm-to-ism.ts'
import { ismToIlm } from './ism-to-ilm.ts'
import { kindOf, kinds } from './kinds.ts'
import { objectKind, objectStep } from './object-step.ts'
import { sameObject } from './same-object.ts'

const signal = AbortSignal.timeout(10_000)
const choices = { unknownTypes: 'refuse' } as const
const [es5, es710, es819] = ['5.6.16', '7.10.2', '8.19.21'].map(elasticsearch) as [Id, Id, Id]
const os219 = opensearch('2.19.4')
type Id = ReturnType<typeof elasticsearch>

describe('reading', () => {
  test('what servers and their makers made for themselves is left out', async () => {
    const cluster = tableCluster(es819, {
      'GET /_index_template': {
        body: {
          index_templates: [
            { name: 'logs', index_template: { _meta: { managed: true } } },
            { name: 'mine', index_template: { index_patterns: ['mine-*'] } },
          ],
        },
      },
      'GET /_ilm/policy': { body: { '.alerts': { policy: {} }, own: { version: 3, policy: { phases: {} } } } },
      'GET /_template': {
        body: {
          'security-index-template': { index_patterns: ['.security-*'] },
          own: { index_patterns: ['.a', 'b'] },
          old: { template: 'x' },
        },
      },
      'GET /_ingest/pipeline': { body: { xpack_monitoring: {}, 'own one': { processors: [] } } },
    })
    expect(await kindOf('index-template').read(cluster, signal)).toEqual({ mine: { index_patterns: ['mine-*'] } })
    expect(await kindOf('lifecycle-policy').read(cluster, signal)).toEqual({ own: { policy: { phases: {} } } })
    expect(Object.keys(await kindOf('legacy-template').read(cluster, signal))).toEqual(['own', 'old'])
    expect(await kindOf('ingest-pipeline').read(cluster, signal)).toEqual({ 'own one': { processors: [] } })
  })

  test('a server without lifecycle policies has none, and one that may not tell is an error', async () => {
    const without = tableCluster(os219, { 'GET /_plugins/_ism/policies': { status: 400, body: { error: 'no handler found' } } })
    expect(await kindOf('lifecycle-policy').read(without, signal)).toEqual({})
    const forbidden = tableCluster(os219, {
      'GET /_plugins/_ism/policies': { status: 403, body: { error: { type: 'security_exception', reason: 'no' } } },
    })
    await expect(kindOf('lifecycle-policy').read(forbidden, signal)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('of the settings of a cluster, those that indices depend on are told', async () => {
    const cluster = tableCluster(es710, {
      'GET /_cluster/settings': {
        body: {
          persistent: { 'action.auto_create_index': 'false', 'cluster.routing.allocation.enable': 'all' },
          transient: { 'search.max_buckets': '5' },
        },
      },
    })
    expect(Object.keys(await kindOf('cluster-setting').read(cluster, signal))).toEqual([
      'action.auto_create_index',
      'search.max_buckets',
    ])
  })
})

describe('converting', () => {
  test('a template of Elasticsearch 5 gets patterns, loses its type, and its fields are converted', () => {
    const { definition, changes } = kindOf('legacy-template').convert(
      {
        template: 'logs-*',
        order: 3,
        settings: { 'index.mapper.dynamic': 'false', 'index.number_of_shards': '2' },
        mappings: { line: { _all: { enabled: false }, properties: { at: { type: 'date', format: 'YYYY-MM-dd' } } } },
        aliases: { logs: {} },
      },
      es5,
      os219,
      choices,
    )
    expect(definition).toEqual({
      index_patterns: ['logs-*'],
      order: 3,
      settings: { 'index.number_of_shards': '2' },
      mappings: { properties: { at: { type: 'date', format: 'yyyy-MM-dd' } } },
      aliases: { logs: {} },
    })
    expect(changes.map(({ what }) => what)).toEqual([
      'template',
      'settings.index.mapper.dynamic',
      'mappings._all',
      'mappings.properties.at.format',
    ])
  })

  test('a template of several types is refused', () => {
    const template = { index_patterns: ['a'], mappings: { x: { properties: {} }, y: { properties: {} } } }
    expect(kindOf('legacy-template').convert(template, es5, os219, choices).refusals).toEqual([
      expect.stringContaining('several types (x, y)'),
    ])
  })

  test('across families a composable template keeps what both know, and the plan says what it loses', () => {
    const { definition, changes } = kindOf('index-template').convert(
      {
        index_patterns: ['logs-*'],
        priority: 7,
        composed_of: ['base'],
        allow_auto_create: true,
        data_stream: { hidden: false, allow_custom_routing: false },
        template: { settings: { index: { lifecycle: { name: 'p' } } }, lifecycle: { enabled: true } },
      },
      es819,
      os219,
      choices,
    )
    expect(definition).toEqual({
      index_patterns: ['logs-*'],
      priority: 7,
      composed_of: ['base'],
      data_stream: {},
      template: { settings: {} },
    })
    expect(changes.map(({ what }) => what)).toEqual(['allow_auto_create', 'lifecycle', 'settings.index.lifecycle.name'])
  })

  test('a field type that the target lacks refuses a template too, unless it is to be disabled', () => {
    const template = { template: { mappings: { properties: { h: { type: 'histogram' } } } } }
    expect(kindOf('component-template').convert(template, es819, os219, choices).refusals).toHaveLength(1)
    expect(kindOf('component-template').convert(template, es819, os219, { unknownTypes: 'disable' })).toMatchObject({
      refusals: [],
      definition: { template: { mappings: { properties: { h: { enabled: false } } } } },
    })
  })

  test('a script in a language that is gone is refused', () => {
    const script = (lang: string): JsonObject => ({ script: { lang, source: '1' } })
    expect(kindOf('stored-script').convert(script('groovy'), es5, os219, choices).refusals).toHaveLength(1)
    expect(kindOf('stored-script').convert(script('painless'), es5, os219, choices).refusals).toEqual([])
  })
})

const ilm: JsonObject = {
  policy: {
    phases: {
      hot: { min_age: '0ms', actions: { rollover: { max_age: '30d', max_size: '50gb' }, set_priority: { priority: 100 } } },
      warm: { min_age: '7d', actions: { forcemerge: { max_num_segments: 1 }, shrink: { number_of_shards: 1 } } },
      delete: { min_age: '90d', actions: { delete: {} } },
    },
  },
}

const ism: JsonObject = {
  policy: {
    description: 'Converted from ILM',
    default_state: 'hot',
    states: [
      {
        name: 'hot',
        actions: [{ rollover: { min_index_age: '30d', min_size: '50gb' } }, { index_priority: { priority: 100 } }],
        transitions: [{ state_name: 'warm', conditions: { min_rollover_age: '7d' } }],
      },
      {
        name: 'warm',
        actions: [{ force_merge: { max_num_segments: 1 } }, { shrink: { num_new_shards: 1 } }],
        transitions: [{ state_name: 'delete', conditions: { min_rollover_age: '90d' } }],
      },
      { name: 'delete', actions: [{ delete: {} }], transitions: [] },
    ],
  },
}

describe('lifecycle policies', () => {
  test('of ILM become those of ISM and back again', () => {
    expect(ilmToIsm(ilm).definition).toEqual(ism)
    expect(ismToIlm(ism)).toMatchObject({ definition: ilm, refusals: [] })
  })

  test('without a rollover ages count from the making of the index, and actions that ISM lacks are told', () => {
    const policy = {
      policy: {
        phases: {
          hot: { actions: {} },
          cold: { min_age: '3d', actions: { searchable_snapshot: {}, allocate: { number_of_replicas: 0 } } },
        },
      },
    }
    const { definition, changes } = ilmToIsm(policy)
    expect(definition).toMatchObject({
      policy: {
        states: [
          { name: 'hot', transitions: [{ conditions: { min_index_age: '3d' } }] },
          { name: 'cold', actions: [{ replica_count: { number_of_replicas: 0 } }] },
        ],
      },
    })
    expect(changes).toContainEqual(expect.objectContaining({ kind: 'dropped', what: 'phases.cold.searchable_snapshot' }))
  })

  test.each([
    ['leads in a circle', [{ name: 'a', transitions: [{ state_name: 'a', conditions: { min_index_age: '1d' } }] }], 'circle'],
    [
      'is left by size',
      [{ name: 'a', transitions: [{ state_name: 'b', conditions: { min_size: '1gb' } }] }, { name: 'b' }],
      'state a',
    ],
    [
      'has too many states',
      ['a', 'b', 'c', 'd'].map((name, at) => ({
        name,
        transitions: at === 3 ? [] : [{ state_name: 'abcd'[at + 1] ?? '', conditions: { min_index_age: '1d' } }],
      })),
      'hot, warm and cold',
    ],
  ])('of ISM that %s cannot be one of ILM', (_what, states, why) => {
    expect(ismToIlm({ policy: { default_state: 'a', states } }).refusals).toEqual([expect.stringContaining(why)])
  })
})

test('what servers write in other words is the same', () => {
  const planned = { index_patterns: ['a'], template: { settings: { 'index.number_of_shards': 2 }, aliases: {} }, composed_of: [] }
  expect(sameObject(planned, { template: { settings: { index: { number_of_shards: '2' } } }, index_patterns: 'a' })).toBe(true)
  expect(sameObject(planned, { template: { settings: { index: { number_of_shards: '3' } } }, index_patterns: ['a'] })).toBe(false)
})

describe('steps', () => {
  const task = { kind: 'ingest-pipeline', name: 'p', action: 'create', definition: { processors: [] }, changes: [] } as const

  test('what turned up since the plan was made is not written over', async () => {
    const cluster = tableCluster(os219, { 'GET /_ingest/pipeline': { body: { p: { description: 'theirs' } } } })
    await expect(objectStep(cluster, task).capture(signal)).rejects.toMatchObject({ code: 'target-changed' })
    expect(await objectStep(cluster, { ...task, action: 'replace' }).capture(signal)).toEqual({ description: 'theirs' })
  })

  test('undoing deletes what was made, and gives what was written over its former definition back', async () => {
    const cluster = tableCluster(os219, {
      'PUT /_ingest/pipeline/p': { body: {} },
      'DELETE /_ingest/pipeline/p': { body: {} },
    })
    await objectKind.undo(cluster, 'ingest-pipeline/p', null, signal)
    await objectKind.undo(cluster, 'ingest-pipeline/p', { description: 'theirs' }, signal)
    expect(cluster.seen.map(({ method, body }) => [method, body])).toEqual([
      ['DELETE', undefined],
      ['PUT', { description: 'theirs' }],
    ])
  })

  test('what the target refuses names the object', async () => {
    const cluster = tableCluster(os219, {
      'PUT /_ingest/pipeline/p': { status: 400, body: { error: { type: 'parse_exception', reason: 'No processor type' } } },
    })
    await expect(objectStep(cluster, task).apply(signal)).rejects.toMatchObject({
      code: 'metadata-refused',
      message: expect.stringContaining('ingest pipeline p') as string,
    })
  })

  test('a setting of the cluster is never changed', () => {
    expect(kinds.filter(kind => kind.path === undefined).map(({ name }) => name)).toEqual(['cluster-setting'])
  })
})
