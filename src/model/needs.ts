/** What each side's user must be allowed, in one table: checks ask for it, `access grant` gives it, docs/guide/access.md prints it. */
import type { Side } from './connection.ts'
import { movedTasks } from './plan.ts'
import type { Plan } from './plan.ts'
import { atLeast } from './version.ts'
import type { Version } from './version.ts'

/** One thing a side's user must be allowed to do for this plan, and what becomes of the run without it. */
export interface Need {
  readonly what: What
  /** The indices it is needed on; none for what concerns the cluster. */
  readonly indices: readonly string[]
  readonly severity: 'error' | 'warning'
  readonly without: string
}

export type What =
  | 'monitor'
  | 'names'
  | 'every-name'
  | 'read'
  | 'scroll'
  | 'definitions'
  | 'stats'
  | 'refresh'
  | 'templates'
  | 'pipelines'
  | 'create'
  | 'write'
  | 'bulk'
  | 'settings'
  | 'aliases'
  | 'alias-names'
  | 'block'
  | 'tasks'
  | 'see-data-streams'
  | 'data-streams'
  | 'make-templates'

/** The commands a user is for. `copy` includes those before it; `live`: also follow, cutover and rollback. */
export const jobs = ['check', 'verify', 'copy', 'live'] as const
export type Job = (typeof jobs)[number]

/** What grants it in each family; nothing where the family needs no grant of its own for it. */
export interface Grant {
  readonly level: 'cluster' | 'index'
  /** What is done with it. */
  readonly why: string
  /** Privileges of X-Pack, or actions where the privilege that holds them would allow changes too. */
  readonly elasticsearch: readonly string[]
  /** Action groups and permissions of the OpenSearch security plugin. */
  readonly opensearch: readonly string[]
}

export const grants: Readonly<Record<What, Grant>> = {
  monitor: {
    level: 'cluster',
    why: 'look at version, health, load, disks and limits',
    elasticsearch: ['monitor'],
    opensearch: ['cluster_monitor'],
  },
  names: {
    level: 'index',
    why: 'find what a name or pattern stands for',
    elasticsearch: ['view_index_metadata'],
    opensearch: [],
  },
  'every-name': {
    level: 'index',
    why: 'list the names of indices; the security plugin shows all or none',
    elasticsearch: [],
    opensearch: ['indices:admin/resolve/index'],
  },
  read: { level: 'index', why: 'search and count documents', elasticsearch: ['read'], opensearch: ['read'] },
  scroll: { level: 'cluster', why: 'read page after page', elasticsearch: [], opensearch: ['cluster_composite_ops_ro'] },
  definitions: {
    level: 'index',
    why: 'read settings, mappings and aliases',
    elasticsearch: ['view_index_metadata'],
    opensearch: ['indices:admin/get', 'indices:monitor/settings/get'],
  },
  stats: { level: 'index', why: "read the shards' checkpoints", elasticsearch: ['monitor'], opensearch: ['indices_monitor'] },
  refresh: {
    level: 'index',
    why: 'make what is written visible to searches',
    elasticsearch: ['maintenance'],
    opensearch: ['indices:admin/refresh*'],
  },
  templates: {
    level: 'cluster',
    why: 'see what templates would add',
    elasticsearch: [
      'indices:admin/template/get',
      'indices:admin/index_template/get',
      'indices:admin/index_template/simulate_index',
    ],
    opensearch: ['indices:admin/template/get', 'indices:admin/index_template/get', 'indices:admin/index_template/simulate_index'],
  },
  pipelines: {
    level: 'cluster',
    why: 'see which ingest pipelines there are',
    elasticsearch: ['cluster:admin/ingest/pipeline/get'],
    opensearch: ['cluster:admin/ingest/pipeline/get'],
  },
  create: { level: 'index', why: 'make the indices', elasticsearch: ['create_index'], opensearch: ['create_index'] },
  write: { level: 'index', why: 'write documents', elasticsearch: ['write'], opensearch: ['write'] },
  bulk: { level: 'cluster', why: 'write many at once', elasticsearch: [], opensearch: ['cluster_composite_ops'] },
  settings: {
    level: 'index',
    why: 'tune the indices while they are copied, and restore them',
    // `manage` would allow to delete them.
    elasticsearch: ['indices:admin/settings/update'],
    opensearch: ['indices:admin/settings/update'],
  },
  aliases: {
    level: 'index',
    why: 'set the aliases',
    elasticsearch: ['indices:admin/aliases'],
    opensearch: ['indices:admin/aliases', 'indices:admin/aliases/get'],
  },
  block: {
    level: 'index',
    why: 'block writes while applications are moved',
    elasticsearch: ['indices:admin/block/add', 'indices:admin/settings/update'],
    opensearch: ['indices:admin/block/add', 'indices:admin/settings/update'],
  },
  tasks: {
    level: 'cluster',
    why: "throttle and cancel the target's own _reindex tasks",
    elasticsearch: ['cluster:admin/reindex/rethrottle', 'cluster:admin/tasks/cancel'],
    opensearch: ['cluster:admin/reindex/rethrottle', 'cluster:admin/tasks/cancel'],
  },
  'see-data-streams': {
    level: 'index',
    why: 'see what a data stream is made of',
    elasticsearch: ['view_index_metadata'],
    opensearch: ['indices:admin/data_stream/get', 'indices:admin/get'],
  },
  'data-streams': {
    level: 'index',
    why: 'make data streams, roll them over and add backing indices; delete those that are empty',
    elasticsearch: [
      'indices:admin/data_stream/create',
      'indices:admin/data_stream/get',
      'indices:admin/data_stream/modify',
      'indices:admin/data_stream/lifecycle/put',
      'indices:admin/rollover',
      'indices:admin/delete',
      // A rollover looks at the size of the index; one that goes is counted before.
      'monitor',
      'maintenance',
      'read',
    ],
    opensearch: [
      'indices:admin/data_stream/create',
      'indices:admin/data_stream/get',
      'indices:admin/data_stream/modify',
      'indices:admin/rollover',
      'indices:admin/create',
      'indices:admin/delete',
      'indices_monitor',
      'indices:admin/refresh*',
      'read',
    ],
  },
  'make-templates': {
    level: 'cluster',
    why: 'make the index template of a data stream',
    elasticsearch: ['manage_index_templates'],
    opensearch: ['cluster_manage_index_templates'],
  },
  'alias-names': { level: 'index', why: 'give an alias its name', elasticsearch: ['indices:admin/aliases'], opensearch: [] },
}

/** X-Pack's words for a need, in those of this version: older ones refuse a role, and a question, with a word they do not know. */
export function elasticsearchPrivileges(what: What, version: Version): readonly string[] {
  // `maintenance` came with 7.10.
  if (what === 'refresh' && !atLeast(version, 7, 10)) return ['indices:admin/refresh*']
  if (what === 'templates' && !atLeast(version, 7, 9))
    return grants.templates.elasticsearch.filter(name => !name.includes('index_template'))
  return grants[what].elasticsearch
}

/** Exactly what the plan needs on one side; without a plan, what is known to be needed anyway. Needs of no index are left out. */
export function needsOf(side: Side, plan: Plan | undefined, job: Job = 'copy'): readonly Need[] {
  const needs = side === 'source' ? sourceNeeds(plan) : targetNeeds(plan).filter(({ what }) => isFor(job, what))
  if (job === 'live') needs.push(...liveNeeds(side, plan))
  if (side === 'target' && job === 'verify') needs.push(scrollNeed)
  return withoutDoubles(needs)
}

/** Everything a side's user must be granted: what the plan needs, and what it takes to make that plan again. */
export function rightsFor(side: Side, plan: Plan, job: Job): readonly Need[] {
  return side === 'source' ? [...needsToSelect(plan), ...needsOf(side, plan, job)] : needsOf(side, plan, job)
}

/** What finding the plan's indices needs: whoever holds a plan was allowed it, so no check asks for it. */
function needsToSelect(plan: Plan): readonly Need[] {
  const given = plan.patterns.flatMap(pattern => pattern.split(',')).map(pattern => pattern.trim().replace(/^-/, ''))
  const names = given.filter(name => name !== '' && name !== '*' && name !== '_all')
  const without = 'the names in the selection mean nothing to the source'
  return withoutDoubles([
    { what: 'names', indices: names, severity: 'error', without },
    { what: 'every-name', indices: ['*'], severity: 'error', without },
  ])
}

function withoutDoubles(needs: readonly Need[]): readonly Need[] {
  return needs
    .map(need => ({ ...need, indices: [...new Set(need.indices)] }))
    .filter(need => grants[need.what].level === 'cluster' || need.indices.length > 0)
}

/** Whether a job needs this on the target, where only copying changes something. */
function isFor(job: Job, what: What): boolean {
  switch (job) {
    case 'copy':
    case 'live':
      return true
    case 'check':
    case 'verify':
      return !changing.has(what)
  }
}

const changing: ReadonlySet<What> = new Set([
  'create',
  'write',
  'bulk',
  'settings',
  'aliases',
  'alias-names',
  'tasks',
  'data-streams',
  'make-templates',
])

const scrollNeed: Need = {
  what: 'scroll',
  indices: [],
  severity: 'error',
  without: 'only the first page of a search can be read',
}

function sourceNeeds(plan: Plan | undefined): Need[] {
  const tasks = plan ? movedTasks(plan) : []
  const all = tasks.map(task => task.source)
  const bySeqNo = tasks.filter(task => task.read.by === 'seq-no').map(task => task.source)
  const bySlices = tasks.filter(task => task.read.by !== 'seq-no').map(task => task.source)
  return [
    { what: 'monitor', indices: [], severity: 'warning', without: 'health and load of the source cannot be watched' },
    { what: 'read', indices: all, severity: 'error', without: 'documents cannot be read' },
    ...(all.length > 0 ? [scrollNeed] : []),
    { what: 'definitions', indices: all, severity: 'error', without: 'settings, mappings and aliases cannot be read' },
    seeStreams(plan, 'source'),
    { what: 'stats', indices: bySeqNo, severity: 'error', without: cannotBySeqNo },
    { what: 'refresh', indices: bySeqNo, severity: 'error', without: cannotBySeqNo },
    { what: 'stats', indices: bySlices, severity: 'warning', without: degraded },
    { what: 'refresh', indices: bySlices, severity: 'warning', without: degraded },
  ]
}

/** What following, cutover and rollback need besides. */
function liveNeeds(side: Side, plan: Plan | undefined): Need[] {
  const tasks = plan ? movedTasks(plan) : []
  const all = tasks.map(task => task[side])
  if (all.length === 0) return []
  const noWayBack = 'after a cutover nothing can be carried back to the source, and a rollback is not possible'
  if (side === 'target')
    return [
      { what: 'block', indices: all, severity: 'warning', without: 'a rollback is not possible' },
      { what: 'read', indices: all, severity: 'warning', without: noWayBack },
      scrollNeed,
    ]
  return [
    { what: 'block', indices: all, severity: 'error', without: 'a cutover is not possible' },
    { what: 'write', indices: all, severity: 'warning', without: noWayBack },
    { what: 'bulk', indices: [], severity: 'warning', without: noWayBack },
    { what: 'settings', indices: all, severity: 'warning', without: noWayBack },
  ]
}

function seeStreams(plan: Plan | undefined, side: Side): Need {
  const indices = (plan?.dataStreams ?? []).map(stream => stream[side])
  return { what: 'see-data-streams', indices, severity: 'error', without: 'it cannot be told which indices the data stream has' }
}

function dataStreamNeeds(plan: Plan | undefined): Need[] {
  const streams = plan?.dataStreams ?? []
  const helped = streams.some(({ by, template }) => by === 'roll-over' || template !== undefined)
  const backing = streams.map(({ target }) => `.ds-${target}-*`)
  return [
    seeStreams(plan, 'target'),
    {
      what: 'data-streams',
      indices: [...streams.map(({ target }) => target), ...backing],
      severity: 'error',
      without: 'the data stream cannot be made (--data-streams aliases makes indices behind an alias)',
    },
    ...(helped
      ? ([
          {
            what: 'make-templates',
            indices: [],
            severity: 'error',
            without: 'the index template of the data stream cannot be made',
          },
        ] as const)
      : []),
  ]
}

const cannotBySeqNo =
  'the plan reads it by sequence numbers, which cannot be done (slices can: --read-by slices, without catching up)'
const degraded = 'it is read by slices, and what is written meanwhile is not carried over'

function targetNeeds(plan: Plan | undefined): Need[] {
  const tasks = plan ? movedTasks(plan) : []
  const names = (which: (task: (typeof tasks)[number]) => boolean): string[] => tasks.filter(which).map(task => task.target)
  const all = names(() => true)
  const aliases = tasks.flatMap(task => Object.keys(task.aliases))
  return [
    {
      what: 'monitor',
      indices: [],
      severity: 'warning',
      without: 'health, disks and shard limits of the target cannot be checked',
    },
    { what: 'templates', indices: [], severity: 'warning', without: 'what templates of the target add cannot be foreseen' },
    { what: 'pipelines', indices: [], severity: 'warning', without: 'pipelines that an index names cannot be looked for' },
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
    ...(tasks.some(task => task.engine === 'reindex')
      ? ([{ what: 'tasks', indices: [], severity: 'error', without: 'tasks of _reindex cannot be steered or stopped' }] as const)
      : []),
    {
      what: 'definitions',
      indices: [...all, ...aliases],
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
    ...dataStreamNeeds(plan),
    { what: 'alias-names', indices: aliases, severity: 'error', without: 'aliases cannot be given this name' },
    { what: 'stats', indices: all, severity: 'warning', without: 'verify reads it by slices instead of by sequence numbers' },
    { what: 'refresh', indices: all, severity: 'warning', without: 'the count at the end may lag behind what was written' },
    {
      what: 'read',
      indices: all,
      severity: 'warning',
      without: 'documents on the target cannot be counted at the end, and deletes are not carried over',
    },
  ]
}
