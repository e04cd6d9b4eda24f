import { describe, expect, test } from 'vitest'
import type { Change, IndexTask } from '../model/plan.ts'
import { aliasStep } from './alias-step.ts'
import { createIndexStep } from './create.ts'
import { elasticsearch, opensearch, tableCluster } from './table-cluster.test-part.ts'
import type { Table } from './table-cluster.test-part.ts'
import { tuneIndexStep, tuningFor } from './tune.ts'

const os = opensearch('2.19.4')
const signal = AbortSignal.timeout(10_000)

const task: IndexTask = {
  source: 'cities',
  target: 'towns',
  uuid: 'u',
  action: 'create',
  shards: 2,
  estimate: { docs: 1, bytes: 1 },
  read: { by: 'seq-no' },
  versionFrom: 'seq-no',
  settings: { index: { number_of_shards: '2', foo: '1', bar: { baz: '2' } } },
  mappings: { properties: { name: { type: 'keyword' } } },
  aliases: { places: { filter: { term: { name: 'x' } } }, old: {} },
  changes: [],
  tuning: { 'index.refresh_interval': '-1', 'index.number_of_replicas': 0 },
}

function index(mappings: object = task.mappings, settings: object = { number_of_shards: '2' }): object {
  return { towns: { settings: { index: { ...settings, uuid: 'x' } }, mappings, aliases: {} } }
}

function refusing(reason: string, type = 'illegal_argument_exception'): { status: number; body: object } {
  return { status: 400, body: { error: { type, reason, root_cause: [{ type, reason }] }, status: 400 } }
}

const made = { body: { acknowledged: true, shards_acknowledged: true, index: 'towns' } }

function creating(table: Table): {
  seen: ReturnType<typeof tableCluster>['seen']
  told: Change[]
  step: ReturnType<typeof createIndexStep>
} {
  const cluster = tableCluster(os, table)
  const told: Change[] = []
  return { seen: cluster.seen, told, step: createIndexStep(cluster, task, change => told.push(change)) }
}

describe('createIndexStep', () => {
  test('creates with settings and mappings, and says nothing when the index is as planned', async () => {
    const { step, seen, told } = creating({ 'PUT /towns': made, 'GET /towns': [{ status: 404, body: {} }, { body: index() }] })
    expect(await step.capture(signal)).toBeNull()
    await step.apply(signal)
    expect(seen[1]?.body).toEqual({ settings: task.settings, mappings: task.mappings })
    expect(told).toEqual([])
  })

  test('takes out what the target refuses, all that one answer names, and tells each', async () => {
    const both = {
      status: 400,
      body: {
        error: {
          type: 'illegal_argument_exception',
          reason: 'unknown setting [index.foo] please check that any required plugins are installed',
          suppressed: [
            { type: 'illegal_argument_exception', reason: 'private index setting [index.bar.baz] can not be set explicitly' },
          ],
        },
      },
    }
    const { step, seen, told } = creating({ 'PUT /towns': [both, made], 'GET /towns': { body: index() } })
    await step.apply(signal)
    expect(seen[1]?.body).toMatchObject({ settings: { index: { number_of_shards: '2' } } })
    expect(told).toMatchObject([
      { kind: 'stripped', what: 'settings.index.foo', why: 'the target refuses it: unknown setting [index.foo]' },
      { kind: 'stripped', what: 'settings.index.bar.baz' },
    ])
  })

  test('a refusal that names no setting ends with the reason of the server', async () => {
    const { step } = creating({
      'PUT /towns': refusing('No handler for type [foo] declared on field [t]', 'mapper_parsing_exception'),
    })
    await expect(step.apply(signal)).rejects.toMatchObject({
      code: 'metadata-refused',
      message: expect.stringContaining('[foo]'),
    })
  })

  test('a setting that is refused again and again does not loop', async () => {
    const { step, seen } = creating({ 'PUT /towns': refusing('unknown setting [index.foo]') })
    await expect(step.apply(signal)).rejects.toMatchObject({ code: 'metadata-refused' })
    expect(seen).toHaveLength(2)
  })

  const exists = refusing('index [towns/x] already exists', 'resource_already_exists_exception')
  const health = { body: { timed_out: false } }
  const refreshed = { body: { _shards: { failed: 0 } } }

  test('an empty index that a crashed run left behind is its own', async () => {
    const { step } = creating({
      'PUT /towns': exists,
      'GET /_cluster/health/towns': health,
      'POST /towns/_refresh': refreshed,
      'GET /towns/_count': { body: { count: 0 } },
      'GET /towns': { body: index() },
    })
    await expect(step.apply(signal)).resolves.toBeUndefined()
  })

  test('an index with documents belongs to somebody else: it is refused, and undo leaves it alone', async () => {
    const { step, seen } = creating({
      'PUT /towns': exists,
      'GET /_cluster/health/towns': health,
      'POST /towns/_refresh': refreshed,
      'GET /towns/_count': { body: { count: 3 } },
    })
    await expect(step.apply(signal)).rejects.toMatchObject({ code: 'target-exists' })
    await step.undo(null, signal)
    expect(seen.some(request => request.method === 'DELETE')).toBe(false)
  })

  test('an index that is there before is refused without a change', async () => {
    const { step } = creating({ 'GET /towns': { body: index() } })
    await expect(step.capture(signal)).rejects.toMatchObject({ code: 'target-exists' })
  })

  test('tells what a template of the target merged in', async () => {
    const merged = index(
      { properties: { name: { type: 'keyword' }, host: { type: 'ip' } } },
      { number_of_shards: '1', final_pipeline: 'p' },
    )
    const { step, told } = creating({ 'PUT /towns': made, 'GET /towns': { body: merged } })
    await step.apply(signal)
    expect(told.map(change => change.what)).toEqual([
      'settings.index.number_of_shards',
      'settings.index.final_pipeline',
      'mappings.properties.host',
    ])
  })

  test('undo deletes by name, and twice', async () => {
    const { step, seen } = creating({ 'DELETE /towns': [{ body: { acknowledged: true } }, { status: 404, body: {} }] })
    await step.undo(null, signal)
    await step.undo(null, signal)
    expect(seen.map(request => request.path)).toEqual(['/towns', '/towns'])
  })

  test('Elasticsearch 6 gets its mappings under a type', async () => {
    const cluster = tableCluster(elasticsearch('6.8.9'), {
      'PUT /towns': made,
      'GET /towns': { body: index({ _doc: task.mappings }) },
      'GET /_cat/indices/towns': { body: [{ status: 'open' }] },
    })
    const told: Change[] = []
    await createIndexStep(cluster, task, change => told.push(change)).apply(signal)
    expect(cluster.seen[0]?.body).toMatchObject({ mappings: { _doc: task.mappings } })
    expect(told).toEqual([])
  })
})

describe('tuneIndexStep', () => {
  const current = { body: { towns: { settings: { 'index.number_of_replicas': '2', 'index.uuid': 'x' } } } }

  test('undo gives every setting its former value back, unset ones the default', async () => {
    const cluster = tableCluster(os, {
      'GET /towns/_settings': current,
      'PUT /towns/_settings': { body: { acknowledged: true } },
    })
    const step = tuneIndexStep(cluster, task)
    const saved = await step.capture(signal)
    await step.apply(signal)
    await step.undo(saved, signal)
    const sent = cluster.seen.filter(request => request.method === 'PUT').map(request => request.body)
    expect(sent).toEqual([task.tuning, { 'index.refresh_interval': null, 'index.number_of_replicas': '2' }])
  })

  test('a final pipeline that a template brought is switched off and given back', async () => {
    const piped = { body: { towns: { settings: { 'index.final_pipeline': 'stamp' } } } }
    const cluster = tableCluster(os, { 'GET /towns/_settings': piped, 'PUT /towns/_settings': { body: { acknowledged: true } } })
    const step = tuneIndexStep(cluster, { ...task, tuning: {} })
    expect(await step.capture(signal)).toEqual({ 'index.final_pipeline': 'stamp' })
    await step.apply(signal)
    expect(cluster.seen.at(-1)?.body).toEqual({ 'index.final_pipeline': '_none' })
  })

  test('what the target does not let be tuned is left, the rest is set', async () => {
    const zones = refusing('expected total copies needs to be a multiple of total awareness attributes [2]')
    const done = { body: { acknowledged: true } }
    const cluster = tableCluster(os, { 'GET /towns/_settings': current, 'PUT /towns/_settings': [zones, done, zones] })
    await tuneIndexStep(cluster, task).apply(signal)
    expect(cluster.seen.slice(2).map(request => request.body)).toEqual([
      { 'index.refresh_interval': '-1' },
      { 'index.number_of_replicas': 0 },
    ])
  })

  test('undo of an index that is gone is done', async () => {
    await expect(
      tuneIndexStep(tableCluster(os, {}), task).undo({ 'index.refresh_interval': null }, signal),
    ).resolves.toBeUndefined()
  })

  test('replicas that expand by themselves are left alone, a final pipeline is switched off', () => {
    const tuning = tuningFor(os, { index: { auto_expand_replicas: '0-1', final_pipeline: 'p' } })
    expect(tuning).not.toHaveProperty('index.number_of_replicas')
    expect(tuning['index.final_pipeline']).toBe('_none')
    expect(tuningFor(os, { index: {} })).toMatchObject({ 'index.number_of_replicas': 0, 'index.refresh_interval': '-1' })
  })
})

describe('aliasStep', () => {
  const before = { body: { towns: { aliases: { old: { index_routing: '7' } } } } }

  test('adds all in one call; undo takes away what was not there and puts back what was', async () => {
    const after = { body: { towns: { aliases: { old: {}, places: {} } } } }
    const cluster = tableCluster(os, {
      'GET /towns/_alias': [before, after],
      'POST /_aliases': { body: { acknowledged: true, errors: false } },
    })
    const step = aliasStep(cluster, task)
    const saved = await step.capture(signal)
    await step.apply(signal)
    await step.undo(saved, signal)
    const sent = cluster.seen.filter(request => request.path === '/_aliases').map(request => request.body)
    expect(sent).toEqual([
      {
        actions: [
          { add: { index: 'towns', alias: 'places', filter: { term: { name: 'x' } } } },
          { add: { index: 'towns', alias: 'old' } },
        ],
      },
      {
        actions: [{ remove: { index: 'towns', alias: 'places' } }, { add: { index: 'towns', alias: 'old', index_routing: '7' } }],
      },
    ])
  })

  test('a second write index, which servers answer with 500, is a refusal and not tried again', async () => {
    const error = { type: 'illegal_state_exception', reason: 'alias [old] has more than one write index [a,towns]' }
    const cluster = tableCluster(os, { 'POST /_aliases': { status: 500, body: { error, status: 500 } } })
    await expect(aliasStep(cluster, task).apply(signal)).rejects.toMatchObject({ code: 'metadata-refused', recovery: 'fatal' })
  })

  test('an acknowledged call with errors is a refusal', async () => {
    const cluster = tableCluster(os, {
      'POST /_aliases': { body: { acknowledged: true, errors: true, action_results: [{ status: 404 }] } },
    })
    await expect(aliasStep(cluster, task).apply(signal)).rejects.toMatchObject({ code: 'metadata-refused' })
  })
})
