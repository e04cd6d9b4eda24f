import { describe, expect, test } from 'vitest'
import { elasticsearch, opensearch } from '../../metadata/table-cluster.test-part.ts'
import type { Plan } from '../../model/plan.ts'
import type { PlanOptions } from '../../model/selection.ts'
import type { Identity } from '../../model/version.ts'
import type { Inventory, InventoriedIndex } from '../inventory.ts'
import { makePlan } from '../make-plan.ts'
import { parsePlan, writePlan } from '../plan-file.ts'
import { namesByStream } from './backing-names.ts'
import type { InventoriedStream } from './inventory-streams.ts'

const options: PlanOptions = { name: 'move', intoExisting: false, versionFrom: 'seq-no', readBy: 'auto', tune: false }

function backing(name: string, over: Partial<InventoriedIndex> = {}): InventoriedIndex {
  return {
    index: { name, open: true, hidden: true, dataStream: 'logs' },
    target: name,
    onTarget: { kind: 'nothing' },
    definition: {
      name,
      uuid: `u-${name}`,
      settings: { index: { number_of_shards: '1', hidden: 'true', creation_date: '1700000000000' } },
      mappings: { _data_stream_timestamp: { enabled: true }, properties: { '@timestamp': { type: 'date' } } },
      severalTypes: {},
      aliases: {},
      open: true,
      shards: 1,
    },
    estimate: { docs: 1, bytes: 10 },
    seqNo: { usable: true },
    ...over,
  }
}

const names = ['.ds-logs-2026.11.30-000002', '.ds-logs-2026.12.01-000003']

const logs: InventoriedStream = {
  stream: {
    name: 'logs',
    timestampField: '@timestamp',
    indices: names,
    generation: 3,
    hidden: false,
    template: 'own',
    lifecycle: { enabled: true, data_retention: '30d' },
    failureIndices: [],
  },
  target: 'logs',
  becomes: 'data-stream',
  made: false,
  way: 'attach',
  onTarget: undefined,
  taken: false,
  targetTemplate: undefined,
  template: {
    settings: { index: { number_of_shards: '1' } },
    mappings: { properties: { host: { type: 'keyword' } } },
    own: { name: 'own', priority: 200, dataStream: { hidden: false } },
  },
  aliases: { al: {} },
}

function planned(stream: InventoriedStream, to: Identity, over: Partial<PlanOptions> = {}): Plan {
  const inventory: Inventory = {
    source: { address: 'http://old:9200', identity: elasticsearch('8.19.0') },
    target: { address: 'http://new:9200', identity: to },
    patterns: ['logs'],
    indices: names.map(name => backing(name)),
    skipped: [],
    takenAliases: [],
    dataStreams: [stream],
  }
  return makePlan(inventory, { ...options, ...over }, 0)
}

describe('a data stream in a plan', () => {
  test('is made of its backing indices in their order, with template, lifecycle and aliases, and stays the same in a plan file', () => {
    const plan = planned(logs, elasticsearch('9.5.3'))
    expect(plan.indices.map(({ action, dataStream }) => [action, dataStream])).toEqual([
      ['create', 'logs'],
      ['create', 'logs'],
    ])
    expect(plan.dataStreams).toMatchObject([
      {
        source: 'logs',
        target: 'logs',
        action: 'create',
        by: 'attach',
        indices: names,
        template: { name: 'data-stream-logs', body: { index_patterns: ['logs'], priority: 201, data_stream: { hidden: false } } },
        lifecycle: { data_retention: '30d' },
        aliases: { al: {} },
        changes: [],
      },
    ])
    expect(parsePlan(writePlan(plan), 'plan.yaml')).toEqual(plan)
  })

  test('keeps its age: by the day of creation on OpenSearch, by the day it was rolled over on Elasticsearch', () => {
    expect(planned(logs, elasticsearch('9.5.3')).indices.map(({ settings }) => settings['index'])).toMatchObject([
      { 'lifecycle.origination_date': '1700000000000' },
      expect.not.objectContaining({ 'lifecycle.origination_date': expect.anything() as unknown }) as object,
    ])
    expect(planned(logs, opensearch('3.8.0')).indices[1]).toMatchObject({
      settings: { index: { creation_date: '1700000000000', hidden: 'true' } },
      mappings: { _data_stream_timestamp: { enabled: true } },
    })
  })

  test('says what the target does not keep of it', () => {
    const plan = planned({ ...logs, way: 'roll-over' }, opensearch('2.19.4'))
    expect(plan.dataStreams?.[0]).toMatchObject({ by: 'roll-over', aliases: {} })
    expect(plan.dataStreams?.[0]?.lifecycle).toBeUndefined()
    expect(plan.dataStreams?.[0]?.changes.map(({ what }) => what)).toEqual(expect.arrayContaining(['lifecycle', 'aliases.al']))
  })

  test('is moved by the stream engine where the target makes its backing indices itself', () => {
    const plan = planned({ ...logs, way: 'roll-over' }, opensearch('2.19.4'), { engine: 'reindex' })
    expect(plan.indices[0]).toMatchObject({ action: 'create', versionFrom: 'seq-no', read: { by: 'seq-no' } })
    expect(plan.indices[0]?.engine).toBeUndefined()
    expect(plan.dataStreams?.[0]?.changes.map(({ what }) => what)).toContain('engine')
  })

  test('leaves a template of the target alone that makes data streams, and goes before one that does not', () => {
    const has = (dataStream: object | undefined) => ({
      ...logs,
      targetTemplate: { name: 'theirs', priority: 300, dataStream: dataStream as {} },
    })
    expect(planned(has({}), elasticsearch('9.5.3')).dataStreams?.[0]?.template).toBeUndefined()
    expect(planned(has(undefined), elasticsearch('9.5.3')).dataStreams?.[0]?.template?.body).toMatchObject({ priority: 301 })
  })

  test.each([
    ['has no way for it', { way: undefined }, elasticsearch('7.12.0'), {}, 'makes no data stream of backing indices'],
    ['has an index of that name', { taken: true }, elasticsearch('9.5.3'), {}, 'has an index or alias named logs'],
    [
      'has the data stream',
      { onTarget: logs.stream },
      elasticsearch('9.5.3'),
      {},
      'the target index exists already: data stream logs',
    ],
    [
      'keeps the time elsewhere',
      { stream: { ...logs.stream, timestampField: 'ts' } },
      elasticsearch('9.5.3'),
      {},
      'a data stream of Elasticsearch has it in @timestamp',
    ],
  ] as const)('is refused with what helps where the target %s', (_what, over, to, asked, reason) => {
    const plan = planned({ ...logs, ...over }, to, asked)
    for (const task of plan.indices)
      expect(task).toMatchObject({ action: 'refuse', reason: expect.stringContaining(reason) as string })
    expect(plan.dataStreams).toBeUndefined()
  })
})

describe('the names of backing indices', () => {
  const named = (over: Partial<InventoriedStream>, indices = names): string[] => {
    const stream = { ...logs, ...over, stream: { ...logs.stream, indices } }
    return [...namesByStream([stream], { patterns: [], includeSystem: false, renames: {}, filters: {} }).values()]
  }

  test('stay, with the new name of the data stream in them', () => {
    expect(named({})).toEqual(names)
    expect(named({ target: 'new' })).toEqual(['.ds-new-2026.11.30-000002', '.ds-new-2026.12.01-000003'])
    expect(named({ target: 'new' }, ['odd'])).toEqual(['.ds-new-odd'])
  })

  test('have the same numbers where the target gives them, and count from one where there are none', () => {
    expect(named({ way: 'roll-over' })).toEqual(['.ds-logs-000002', '.ds-logs-000003'])
    expect(named({ way: 'roll-over' }, ['.ds-logs-000002', 'odd', '.ds-logs-000003'])).toEqual([
      '.ds-logs-000001',
      '.ds-logs-000002',
      '.ds-logs-000003',
    ])
  })
})
