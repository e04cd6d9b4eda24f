import { describe, expect, test } from 'vitest'
import type { PlanOptions } from '../model/selection.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { elasticsearch, opensearch } from '../metadata/table-cluster.test-part.ts'
import { ShardferryError } from '../model/errors.ts'
import type { JsonObject, Plan } from '../model/plan.ts'
import type { Inventory, InventoriedIndex } from './inventory.ts'
import { makePlan } from './make-plan.ts'
import { parsePlan, writePlan } from './plan-file.ts'
import { refuseUnlessRunnable } from './require-ok.ts'

const options: PlanOptions = { name: 'move', intoExisting: false, versionFrom: 'seq-no', readBy: 'auto', slices: 4, tune: true }

function definition(over: Partial<IndexDefinition> = {}): IndexDefinition {
  return {
    name: 'cities',
    uuid: 'u1',
    settings: { index: { number_of_shards: '2', number_of_replicas: '1', uuid: 'u1', final_pipeline: 'stamp' } },
    mappings: { properties: { tags: { type: 'flattened' } } },
    severalTypes: {},
    aliases: { places: { filter: { term: { tags: 'x' } } } },
    open: true,
    shards: 2,
    ...over,
  }
}

function found(over: Partial<InventoriedIndex> = {}): InventoriedIndex {
  return {
    index: { name: 'cities', open: true, hidden: false },
    target: 'towns',
    onTarget: { kind: 'nothing' },
    definition: definition(),
    estimate: { docs: 10, bytes: 1000 },
    seqNo: { usable: true },
    ...over,
  }
}

const onTarget: Partial<InventoriedIndex> = { onTarget: { kind: 'index', definition: definition({ name: 'towns' }) } }

function inventory(index: InventoriedIndex, over: Partial<Inventory> = {}): Inventory {
  return {
    source: { address: 'http://old:9200', identity: elasticsearch('7.10.2') },
    target: { address: 'http://new:9200', identity: opensearch('2.19.4') },
    patterns: ['cities'],
    indices: [index],
    skipped: [],
    takenAliases: [],
    ...over,
  }
}

function taskOf(index: InventoriedIndex, over: Partial<PlanOptions> = {}): Plan['indices'][number] {
  const [task] = makePlan(inventory(index), { ...options, ...over }, 0).indices
  if (!task) throw new Error('a plan has a task for every index')
  return task
}

describe('makePlan', () => {
  test.each([
    ['by manifest where sequence numbers tell what is left', {}, {}, 'manifest', /listed/],
    [
      'by a sweep where there are none',
      { seqNo: { usable: false, hitsHaveIt: true, reason: 'x' } },
      {},
      'sweep',
      /sequence numbers/,
    ],
    ["by a sweep where the target's own _reindex moves it", {}, { engine: 'reindex' }, 'sweep', /_reindex/],
    ['by a sweep where that is asked for', {}, { deletes: 'sweep' }, 'sweep', /asked for/],
    ['not at all where that is asked for', {}, { deletes: 'off' }, 'off', /asked for/],
    ['by manifest into an index that is there', onTarget, { intoExisting: true }, 'manifest', /listed/],
    ['never by a sweep into an index that is there', onTarget, { intoExisting: true, readBy: 'slices' }, 'off', /of its own/],
  ] as const)('deletes are found %s', (_what, index, asked, by, why) => {
    expect(taskOf(found(index), asked).deletes).toEqual({ by, reason: expect.stringMatching(why) as string })
  })

  test.each([
    ['metadata', /settings and mappings \(index\.blocks\.metadata\)/],
    ['read', /documents \(index\.blocks\.read\)/],
  ] as const)('an index with the block %s is refused', (unreadable, reason) => {
    expect(taskOf(found({ unreadable }))).toMatchObject({ action: 'refuse', reason: expect.stringMatching(reason) as string })
  })

  test('a task holds what is created, what changes and how it is read', () => {
    const plan = makePlan(inventory(found()), options, 0)
    expect(plan).toMatchObject({
      shardferryPlan: 1,
      createdAt: '1970-01-01T00:00:00.000Z',
      source: { version: '7.10.2' },
      patterns: ['cities'],
    })
    expect(plan.indices[0]).toMatchObject({
      source: 'cities',
      target: 'towns',
      action: 'create',
      read: { by: 'seq-no' },
      versionFrom: 'seq-no',
      settings: { index: { number_of_shards: '2' } },
      mappings: { properties: { tags: { type: 'flat_object' } } },
      tuning: { 'index.refresh_interval': '-1', 'index.final_pipeline': '_none' },
    })
    expect(plan.indices[0]?.changes.map(change => change.what)).toEqual(['settings.index.*', 'mappings.properties.tags'])
    expect(() => refuseUnlessRunnable(plan)).not.toThrow()
  })

  test("by the target's own _reindex: the plan says what is different, and how it is cut", () => {
    const native = { engine: 'reindex' } as const
    const unusable = { usable: false, hitsHaveIt: false, reason: 'none there' } as const
    const mappings = { properties: { at: { properties: { day: { type: 'date' } } }, name: { type: 'text' } } }
    const dated = found({ definition: definition({ mappings }), seqNo: unusable })

    const task = taskOf(found(), native)
    expect(task).toMatchObject({ engine: 'reindex', action: 'create', read: { by: 'seq-no' }, versionFrom: 'version' })
    expect(task.read.reason).toMatch(/_version.*written anew/s)
    expect(taskOf(dated, native).read).toMatchObject({ by: 'slices', slices: 1 })
    expect(taskOf(dated, { ...native, partitionField: 'at.day' }).read).toMatchObject({ by: 'field', field: 'at.day' })
    for (const [partitionField, why] of [
      ['name', 'a field of type text'],
      ['at.night', 'not in its mapping'],
    ] as const)
      expect(taskOf(dated, { ...native, partitionField })).toMatchObject({
        action: 'refuse',
        reason: expect.stringContaining(why) as string,
      })
    const segments = definition({ settings: { index: { replication: { type: 'SEGMENT' } } } })
    expect(taskOf(found({ definition: segments }), native).reason).toContain('read primaries only')
    const old = { target: { address: 'http://old:9200', identity: elasticsearch('7.10.2') } }
    const newer = { source: { address: 'http://new:9200', identity: opensearch('2.19.4') } }
    const [refused] = makePlan(inventory(found(), { ...old, ...newer }), { ...options, ...native }, 0).indices
    expect(refused?.reason).toContain('copy with --engine stream')
    expect(taskOf(found())).not.toHaveProperty('engine')
  })

  test('a plan that was edited to what _reindex cannot do is refused, and says where', () => {
    const plan = makePlan(inventory(found()), { ...options, engine: 'reindex' }, 0)
    const written = writePlan(plan)
    expect(parsePlan(written, 'plan.yaml')).toEqual(plan)
    const edited = (from: string, to: string): (() => unknown) => {
      expect(written).toContain(from)
      return () => parsePlan(written.replace(from, to), 'plan.yaml')
    }
    expect(edited('versionFrom: version', 'versionFrom: seq-no')).toThrow(/plan\.yaml:\d+:\d+: .*it must be version/)
    expect(edited('by: seq-no', 'by: slices')).toThrow(/takes no slices: slices must be 1/)
    expect(edited('engine: reindex', 'engine: magic')).toThrow(/is one of stream, reindex/)
    const field = written.replace('by: seq-no', 'by: field\n      field: day').replace('engine: reindex', 'engine: stream')
    expect(() => parsePlan(field, 'plan.yaml')).toThrow(/only the engine reindex reads by ranges of a field/)
  })

  test('routings are hashed as on the source, also where the target would do it otherwise', () => {
    const settingsOf = (routingShards: number, shards = 2): unknown =>
      taskOf(found({ routingShards, definition: definition({ shards }) })).settings['index']
    expect(settingsOf(2)).toMatchObject({ number_of_routing_shards: 2 })
    expect(settingsOf(1024)).not.toHaveProperty('number_of_routing_shards')
    expect(settingsOf(640, 5)).not.toHaveProperty('number_of_routing_shards')
    expect(settingsOf(1400, 700)).not.toHaveProperty('number_of_routing_shards')
    expect(settingsOf(1, 1)).not.toHaveProperty('number_of_routing_shards')
  })

  test.each([
    ['closed', { definition: definition({ open: false }) }, 'closed'],
    ['of several types', { definition: definition({ severalTypes: { a: {}, b: {} } }) }, 'several mapping types (a, b)'],
    ['frozen', { definition: definition({ settings: { index: { search: { throttled: 'true' } } } }) }, 'frozen'],
    ['a time series', { definition: definition({ settings: { index: { mode: 'time_series' } } }) }, 'time series'],
    ['a backing index', { target: '.ds-logs-000001' }, 'it comes without a data stream'],
    [
      'of an unknown type',
      { definition: definition({ mappings: { properties: { v: { type: 'histogram' } } } }) },
      'v is of type histogram',
    ],
    [
      'defined with a number that a parse rounds',
      { definition: definition({ inexact: ['mappings.properties.n.null_value: 9007199254740993'] }) },
      'n.null_value: 9007199254740993',
    ],
    ['named like an alias there', { onTarget: { kind: 'other-name', indices: ['z'] } }, 'alias or data stream on the target'],
  ] as const)('an index that is %s is refused with the reason', (_what, over, reason) => {
    const task = taskOf(found(over))
    expect(task.action).toBe('refuse')
    expect(task.reason).toContain(reason)
    expect(() => refuseUnlessRunnable(makePlan(inventory(found(over)), options, 0))).toThrow(
      expect.objectContaining({ code: 'plan-refused' }),
    )
  })

  test('a query for one of several types moves that type, with its mappings', () => {
    const severalTypes = { lake: { properties: { a: { type: 'keyword' } } }, river: {} }
    const asked = (query: JsonObject): Plan['indices'][number] =>
      taskOf(found({ definition: definition({ severalTypes }), query }))
    expect(asked({ term: { _type: 'lake' } })).toMatchObject({ action: 'create', mappings: severalTypes.lake })
    expect(asked({ term: { _type: 'pond' } })).toMatchObject({ action: 'refuse', mappings: {} })
  })

  test('an alias that is an index on the target is refused before anything is copied', () => {
    const plan = makePlan(inventory(found(), { takenAliases: ['places'] }), options, 0)
    expect(plan.indices[0]?.reason).toContain('places')
  })

  const existing = { onTarget: { kind: 'index', definition: definition({ name: 'towns', shards: 3, mappings: {} }) } } as const

  test('an existing target is an error of its own unless it is asked for', () => {
    const plan = makePlan(inventory(found(existing)), options, 0)
    expect(() => refuseUnlessRunnable(plan)).toThrow(expect.objectContaining({ code: 'target-exists' }))
    const into = taskOf(found(existing), { intoExisting: true })
    expect(into).toMatchObject({ action: 'into-existing', settings: {}, mappings: {}, aliases: { places: {} } })
    expect(into.tuning).toEqual({
      'index.gc_deletes': '12h',
      'index.translog.durability': 'request',
      'index.final_pipeline': '_none',
    })
    expect(into.changes.map(change => change.what)).toEqual(['settings.index.number_of_shards', 'mappings.properties.tags'])
  })

  test('tuning that an earlier migration left on an existing target is told, as it would be taken for its own', () => {
    const withSettings = (index: object): InventoriedIndex =>
      found({ onTarget: { kind: 'index', definition: definition({ settings: { index } as IndexDefinition['settings'] }) } })
    const left = withSettings({ gc_deletes: '12h', refresh_interval: '-1', number_of_replicas: '0', number_of_shards: '2' })
    const [change] = taskOf(left, { intoExisting: true }).changes
    expect(change).toMatchObject({
      what: 'settings.index.gc_deletes',
      why: expect.stringContaining('shardferry complete') as string,
    })
    expect(change?.why).toContain('index.refresh_interval: -1, index.number_of_replicas: 0, index.gc_deletes: 12h')
    const own = withSettings({ gc_deletes: '1h', refresh_interval: '-1', number_of_replicas: '0', number_of_shards: '2' })
    expect(taskOf(own, { intoExisting: true }).changes.map(one => one.what)).not.toContain('settings.index.gc_deletes')
  })

  test("the application's own versions come with a word on what they cannot order", () => {
    const task = taskOf(found(), { versionFrom: 'version' })
    expect(task).toMatchObject({
      versionFrom: 'version',
      read: { by: 'seq-no', reason: expect.stringContaining('made anew') as string },
    })
    expect(taskOf(found()).read).not.toHaveProperty('reason')
  })

  test('an existing target that spreads routings otherwise is told', () => {
    const here = found({ ...existing, routingShards: 6, existingRoutingShards: 768 })
    expect(taskOf(here, { intoExisting: true }).changes.map(change => change.what)).toContain(
      'settings.index.number_of_routing_shards',
    )
    const same = taskOf(found({ ...existing, routingShards: 768, existingRoutingShards: 768 }), { intoExisting: true })
    expect(same.changes.map(change => change.what)).not.toContain('settings.index.number_of_routing_shards')
  })

  test('an existing target keeps its own mappings, so numbers in the source’s are of no consequence', () => {
    const inexact = definition({ inexact: ['mappings.properties.n.null_value: 9007199254740993'] })
    expect(taskOf(found({ ...existing, definition: inexact }), { intoExisting: true }).action).toBe('into-existing')
    const alias = definition({ inexact: ['aliases.a.filter.term.n: 9007199254740993'] })
    expect(taskOf(found({ ...existing, definition: alias }), { intoExisting: true }).action).toBe('refuse')
  })

  test('without usable sequence numbers it reads by slices and says what is lost', () => {
    const none = found({ seqNo: { usable: false, hitsHaveIt: false, reason: 'Elasticsearch 5 has no sequence numbers' } })
    const task = taskOf(none)
    expect(task).toMatchObject({ read: { by: 'slices', slices: 4 }, versionFrom: 'version' })
    expect(task.read.reason).toContain('not caught up with')
    expect(taskOf(none, { readBy: 'seq-no' }).action).toBe('refuse')
    expect(taskOf(found({ seqNo: { usable: false, hitsHaveIt: true, reason: 'no right' } })).versionFrom).toBe('seq-no')
    expect(taskOf(found(), { readBy: 'slices' }).read.reason).toContain('asked for')
  })

  test('a segment-replicated source is read from primaries', () => {
    const segment = definition({ settings: { index: { replication: { type: 'SEGMENT' } } } })
    expect(taskOf(found({ definition: segment })).read).toEqual({ by: 'seq-no', primaryOnly: true })
  })

  test('tune: false leaves only what exact copies need', () => {
    expect(taskOf(found(), { tune: false }).tuning).toEqual({
      'index.gc_deletes': '12h',
      'index.translog.durability': 'request',
      'index.final_pipeline': '_none',
    })
  })

  test.each(['5.5.0', '10.0.0'])('Elasticsearch %s is not supported', version => {
    const old = inventory(found(), { source: { address: 'x', identity: elasticsearch(version) } })
    expect(() => makePlan(old, options, 0)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})

describe('plan file', () => {
  const plan = makePlan(inventory(found({ query: { term: { yes: 'no' } } })), options, 0)
  const text = writePlan(plan)

  test('what is written is read back the same, and says at its head what may be edited', () => {
    expect(parsePlan(text, 'plan.yaml')).toEqual(plan)
    expect(text.startsWith('#')).toBe(true)
    expect(text).toContain('may edit')
  })

  test('a number that would be rounded is told with its place, unless its index is left out', () => {
    const edited = text.replace('mappings:\n', 'mappings:\n      _meta: { n: 9007199254740993 }\n')
    expect(faults(edited)).toMatch(/^plan\.yaml:\d+:\d+: 9007199254740993 is beyond 2\^53/)
    expect(faults(edited.replace('action: create', 'action: skip'))).toBe('')
    expect(faults(edited.replace('9007199254740993', '"9007199254740993"'))).toBe('')
  })

  function faults(edited: string): string {
    try {
      parsePlan(edited, 'plan.yaml')
    } catch (thrown) {
      return thrown instanceof ShardferryError && thrown.code === 'plan-invalid' ? thrown.message : ''
    }
    return ''
  }

  function lineOf(part: string, edited = text): number {
    return edited.split('\n').findIndex(line => line.includes(part)) + 1
  }

  test.each([
    ['action: create', 'action: copy', 'indices[0].action: is one of create, into-existing, skip, refuse', 'action:'],
    ['docs: 10', 'docs: -10', 'indices[0].estimate.docs: is not negative', 'docs:'],
    ['target: towns', 'target: Towns', 'lower case', 'target: Towns'],
    ['    target: towns\n', '', 'indices[0].target: is missing', 'source: cities'],
    ['versionFrom: seq-no', 'versionFrom: seq-no\n    verison: 1', 'indices[0].verison: there is no such key', 'verison'],
    [
      'filter:\n          term:\n            tags: x',
      'filter: all',
      'indices[0].aliases.places.filter: is a mapping',
      'filter: all',
    ],
    ['shardferryPlan: 1', 'shardferryPlan: 2', 'reads format 1', 'shardferryPlan'],
    ['name: move', 'name: ../../move', 'name: is fit for a file name', 'name: ../../move'],
    ['shards: 2', 'shards: 0', 'indices[0].shards: is 1 or more', 'shards: 0'],
  ])('%s edited to %s is found at its line', (from, to, message, at) => {
    expect(text).toContain(from)
    const edited = text.replace(from, to)
    const found = faults(edited)
    expect(found).toContain(message)
    expect(found).toMatch(new RegExp(`^plan\\.yaml:${lineOf(at, edited)}:\\d+: `, 'm'))
  })

  test('two sources of one target, and a create without settings, are found', () => {
    const [task] = plan.indices
    const twice = { ...plan, indices: [task, { ...task, source: 'b' }] } as Plan
    expect(faults(writePlan(twice))).toMatch(/plan\.yaml:\d+:5: indices\[1\]\.target: cities goes to towns already/)
    const bare = { ...plan, indices: [{ ...task, settings: {}, mappings: {} }] } as Plan
    expect(faults(writePlan(bare))).toContain('create needs settings')
  })

  test('a query that compares with the present is found', () => {
    const [task] = plan.indices
    const moving = { ...plan, indices: [{ ...task, query: { range: { seen: { gte: 'now-1d' } } } }] } as Plan
    expect(faults(writePlan(moving))).toMatch(
      /plan\.yaml:\d+:5: indices\[0\]\.query: at range\.seen\.gte it compares with the present/,
    )
  })

  test('what is no YAML, and what is no plan, is said with line and column', () => {
    expect(faults('a: [1\nb: 2')).toMatch(/^plan\.yaml:\d+:\d+: /)
    expect(faults('')).toMatch(/^plan\.yaml:1:1: /)
    expect(faults('- 1')).toMatch(/^plan\.yaml:1:1: /)
  })
})
