import type { Partition, Settled } from '../model/documents.ts'
import { noCounts } from '../model/documents.ts'
import type { CutoverConditions, CutoverFacts, Entry, Holder, RollbackConditions, ShardMark } from '../model/entries.ts'
import type { IndexTask, Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'

/** For tests: entries of every type, and the parts they are made of. */
export const holder: Holder = { pid: 4711, host: 'mover-1', version: '0.1.0' }

export function indexTask(source: string, more: Partial<IndexTask> = {}): IndexTask {
  return {
    source,
    target: source,
    uuid: `uuid-of-${source}`,
    action: 'create',
    shards: 1,
    estimate: { docs: 100, bytes: 10_000 },
    read: { by: 'seq-no' },
    versionFrom: 'seq-no',
    settings: {},
    mappings: {},
    aliases: {},
    changes: [],
    tuning: {},
    ...more,
  }
}

export function plan(...indices: readonly IndexTask[]): Plan {
  return {
    shardferryPlan: 1,
    name: 'sample',
    createdAt: '2026-01-01T00:00:00.000Z',
    source: { address: 'http://old:9200', clusterName: 'old', clusterUuid: 'o', flavor: 'elasticsearch', version: '7.10.2' },
    target: { address: 'http://new:9200', clusterName: 'new', clusterUuid: 'n', flavor: 'opensearch', version: '2.19.4' },
    patterns: ['*'],
    indices,
    skipped: [],
  }
}

export function partition(index: string, from: number, to: number, round = 0): Partition {
  return {
    id: `${index}.r${round}.s0.${from}-${to}`,
    index,
    round,
    range: { by: 'seq-no', shard: 0, from, to },
    estimatedDocs: to - from + 1,
  }
}

export function mark(upTo: number, shard = 0): ShardMark {
  return { shard, upTo, maxSeqNo: upTo, historyUuid: 'first-history', deletes: 0 }
}

export function settled(of: Partition, counts: Partial<Settled['counts']> = {}): Settled {
  return { partition: of.id, index: of.index, round: of.round, counts: { ...noCounts, ...counts }, attempts: 1, tookMs: 5 }
}

export const report: Report = {
  name: 'sample',
  verdict: 'exact',
  source: 'http://old:9200',
  target: 'http://new:9200',
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 1_000,
  total: noCounts,
  balanced: true,
  indices: [],
  partitions: 2,
  partitionsRedone: 0,
  notes: [],
}

const [first, second, third] = [partition('cities', 0, 9), partition('cities', 10, 19), partition('cities', 20, 24, 1)] as const

/** A whole migration of one index, with an entry of every type. */
export const rollbackConditions: RollbackConditions = { maxLagMs: 10_000, maxBlockMs: 60_000, acceptDifferences: false }

export const cutoverConditions: CutoverConditions = {
  maxLagMs: 10_000,
  maxBlockMs: 60_000,
  acceptSetAside: false,
  acceptUnverified: true,
  acceptYellow: true,
  takeAliases: false,
}

export const cutoverFacts: CutoverFacts = {
  name: 'sample',
  source: 'http://old:9200',
  target: 'http://new:9200',
  indices: [{ source: 'cities', target: 'cities', documents: 20 }],
  aliases: ['places'],
  blockedMs: 640,
  at: '2026-01-01T00:00:00.000Z',
}

export const wholeMigration: readonly Entry[] = [
  { type: 'reindex-asked', params: {}, body: {}, headers: {} },
  { type: 'reindex-answered', status: 200, response: {} },
  { type: 'planned', plan: plan(indexTask('cities')) },
  { type: 'started', holder },
  { type: 'captured', step: 'create:cities', saved: null },
  { type: 'changed', index: 'cities', change: { kind: 'stripped', what: 'settings.index.creation_date', why: 'refused' } },
  { type: 'definition-seen', index: 'cities', mappings: {}, aliases: {} },
  { type: 'applied', step: 'create:cities' },
  { type: 'created', index: 'cities', target: 'cities', uuid: 'made' },
  { type: 'captured', step: 'tune:cities', saved: { refresh_interval: '5s' } },
  { type: 'applied', step: 'tune:cities' },
  { type: 'round-opened', index: 'cities', round: 0, shards: [mark(19)], partitions: [first, second] },
  { type: 'submitted', index: 'cities', partition: first.id, task: 'node:1' },
  { type: 'settled', settled: settled(second, { read: 10, written: 8, setAside: 2, bytes: 100 }) },
  { type: 'observed', index: 'cities', asOf: 10, shards: [mark(19)] },
  { type: 'asked', ask: { what: 'pause', reason: 'asked' } },
  { type: 'asked', ask: { what: 'resume' } },
  { type: 'asked', ask: { what: 'throttle', width: 3 } },
  { type: 'settled', settled: settled(first, { read: 10, written: 10, bytes: 100 }) },
  { type: 'round-closed', index: 'cities', round: 0 },
  { type: 'backing-added', stream: 'logs', task: indexTask('.ds-logs-000002') },
  { type: 'stopped', reason: 'Stopped by Ctrl-C.' },
  { type: 'started', holder },
  { type: 'failed', code: 'overloaded', message: 'too much', hint: 'wait' },
  { type: 'started', holder },
  { type: 'round-opened', index: 'cities', round: 1, shards: [mark(24)], partitions: [third] },
  { type: 'settled', settled: settled(third, { read: 3, written: 2, alreadyNewer: 1, bytes: 30 }) },
  { type: 'round-closed', index: 'cities', round: 1 },
  {
    type: 'rounds-merged',
    index: 'cities',
    from: 1,
    to: 1,
    partitions: [third],
    settled: [settled(third, { read: 3, written: 3 })],
  },
  { type: 'deletes-carried', index: 'cities', by: 'manifest', shards: [mark(24)], carried: 2, kept: 0 },
  { type: 'verified', indices: [{ index: 'cities', equal: true, level: 'full', shards: [mark(24)] }] },
  { type: 'asked', ask: { what: 'cutover', conditions: cutoverConditions } },
  { type: 'cutover-begun' },
  { type: 'cutover-undone', reason: 'late' },
  { type: 'asked', ask: { what: 'cutover', conditions: cutoverConditions } },
  { type: 'cutover-begun' },
  { type: 'cut-over', facts: cutoverFacts, wayBack: true },
  { type: 'asked', ask: { what: 'moved', switches: 1 } },
  { type: 'asked', ask: { what: 'rollback', conditions: rollbackConditions } },
  { type: 'rollback-begun' },
  { type: 'rollback-undone', reason: 'late' },
  { type: 'asked', ask: { what: 'rollback', conditions: rollbackConditions } },
  { type: 'rollback-begun' },
  { type: 'rolled-back', facts: cutoverFacts },
  { type: 'undone', step: 'tune:cities' },
  { type: 'finished', report },
  { type: 'retried', partition: second.id, index: 'cities', written: 1, alreadyNewer: 0, remaining: 1 },
  { type: 'asked', ask: { what: 'cancel' } },
  { type: 'opened', holder },
  { type: 'completed' },
  { type: 'audited', by: 'operator token', did: 'pause', how: { reason: 'lunch' } },
]

export const samplePartitions = { first, second, third }
