import type { Side } from '../model/connection.ts'
import type { Plan } from '../model/plan.ts'
import { movedTasks } from './check.ts'

/** One thing a side's user must be allowed to do for this plan, and what becomes of the run without it. */
export interface Need {
  readonly what: What
  /** The indices it is needed on; none for what concerns the cluster. */
  readonly indices: readonly string[]
  readonly severity: 'error' | 'warning'
  readonly without: string
}

export type What =
  'monitor' | 'read' | 'scroll' | 'definitions' | 'stats' | 'refresh' | 'create' | 'write' | 'bulk' | 'settings' | 'aliases'

/** What grants it in each family. `scroll` and `bulk` are privileges of their own only in the OpenSearch security plugin. */
export interface Grant {
  readonly level: 'cluster' | 'index'
  /** An X-Pack privilege. */
  readonly elasticsearch?: string
  /** Action groups and permissions of the OpenSearch security plugin. */
  readonly opensearch: readonly string[]
}

export const grants: Readonly<Record<What, Grant>> = {
  monitor: { level: 'cluster', elasticsearch: 'monitor', opensearch: ['cluster_monitor'] },
  read: { level: 'index', elasticsearch: 'read', opensearch: ['read'] },
  scroll: { level: 'cluster', opensearch: ['cluster_composite_ops_ro'] },
  definitions: {
    level: 'index',
    elasticsearch: 'view_index_metadata',
    opensearch: [
      'indices:admin/get',
      'indices:admin/resolve/index',
      'indices:admin/aliases/get',
      'indices:admin/mappings/get',
      'indices:monitor/settings/get',
    ],
  },
  stats: { level: 'index', elasticsearch: 'monitor', opensearch: ['indices_monitor'] },
  refresh: { level: 'index', elasticsearch: 'maintenance', opensearch: ['indices:admin/refresh*'] },
  create: { level: 'index', elasticsearch: 'create_index', opensearch: ['create_index'] },
  write: { level: 'index', elasticsearch: 'write', opensearch: ['write'] },
  bulk: { level: 'cluster', opensearch: ['cluster_composite_ops'] },
  settings: { level: 'index', elasticsearch: 'manage', opensearch: ['indices:admin/settings/update'] },
  aliases: { level: 'index', elasticsearch: 'manage', opensearch: ['indices:admin/aliases'] },
}

/** Exactly what the plan needs on one side; without a plan, what is known to be needed anyway. Needs of no index are left out. */
export function needsOf(side: Side, plan: Plan | undefined): readonly Need[] {
  const needs = side === 'source' ? sourceNeeds(plan) : targetNeeds(plan)
  return needs
    .map(need => ({ ...need, indices: [...new Set(need.indices)] }))
    .filter(need => grants[need.what].level === 'cluster' || need.indices.length > 0)
}

function sourceNeeds(plan: Plan | undefined): Need[] {
  const tasks = plan ? movedTasks(plan) : []
  const all = tasks.map(task => task.source)
  const bySeqNo = tasks.filter(task => task.read.by === 'seq-no').map(task => task.source)
  const bySlices = tasks.filter(task => task.read.by !== 'seq-no').map(task => task.source)
  return [
    { what: 'monitor', indices: [], severity: 'warning', without: 'health and load of the source cannot be watched' },
    { what: 'read', indices: all, severity: 'error', without: 'documents cannot be read' },
    ...(all.length > 0
      ? ([{ what: 'scroll', indices: [], severity: 'error', without: 'only the first page of a search can be read' }] as const)
      : []),
    { what: 'definitions', indices: all, severity: 'error', without: 'settings, mappings and aliases cannot be read' },
    { what: 'stats', indices: bySeqNo, severity: 'error', without: cannotBySeqNo },
    { what: 'refresh', indices: bySeqNo, severity: 'error', without: cannotBySeqNo },
    { what: 'stats', indices: bySlices, severity: 'warning', without: degraded },
    { what: 'refresh', indices: bySlices, severity: 'warning', without: degraded },
  ]
}

const cannotBySeqNo =
  'the plan reads it by sequence numbers, which cannot be done (slices can: --read-by slices, without catching up)'
const degraded = 'it is read by slices, and what is written meanwhile is not carried over'

function targetNeeds(plan: Plan | undefined): Need[] {
  const tasks = plan ? movedTasks(plan) : []
  const names = (which: (task: (typeof tasks)[number]) => boolean): string[] => tasks.filter(which).map(task => task.target)
  const all = names(() => true)
  return [
    {
      what: 'monitor',
      indices: [],
      severity: 'warning',
      without: 'health, disks and shard limits of the target cannot be checked',
    },
    {
      what: 'create',
      indices: names(task => task.action === 'create'),
      severity: 'error',
      without: 'the index cannot be made',
    },
    { what: 'write', indices: all, severity: 'error', without: 'documents cannot be written' },
    ...(all.length > 0
      ? ([{ what: 'bulk', indices: [], severity: 'error', without: 'bulk requests are refused as a whole' }] as const)
      : []),
    {
      what: 'definitions',
      indices: all,
      severity: 'error',
      without: 'it cannot be told whether the index is still the one that was made',
    },
    {
      what: 'settings',
      indices: names(task => Object.keys(task.tuning).length > 0),
      severity: 'error',
      without: 'it cannot be tuned for the copy (--no-tune copies without)',
    },
    {
      what: 'aliases',
      indices: names(task => Object.keys(task.aliases).length > 0),
      severity: 'error',
      without: 'its aliases cannot be set',
    },
    { what: 'refresh', indices: all, severity: 'warning', without: 'the count at the end may lag behind what was written' },
    { what: 'read', indices: all, severity: 'warning', without: 'documents on the target cannot be counted at the end' },
  ]
}
