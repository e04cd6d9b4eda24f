import { targetAliases } from '../metadata/aliases.ts'
import { mappingDifferences } from '../metadata/differences.ts'
import { targetMappings } from '../metadata/mappings.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { targetSettings } from '../metadata/settings.ts'
import { isOn, setting } from '../metadata/tree.ts'
import { exactnessFor, isAppendOnly, tuningFor } from '../metadata/tune.ts'
import type { Change, IndexAction, IndexTask, Plan, PlannedCluster, ReadBy } from '../model/plan.ts'
import type { PlanOptions } from '../model/selection.ts'
import { formatVersion } from '../model/version.ts'
import type { Inventory, InventoriedCluster, InventoriedIndex } from './inventory.ts'
import { targetExists } from './require-ok.ts'
import { reindexReadBy, reindexRefusals } from './reindex-read-by.ts'
import { keepRoutingShards } from './routing-shards.ts'
import { requireSupported } from './versions.ts'

/**
 * The plan for what was found.
 * @param nowMs becomes `createdAt`
 * @throws ShardferryError `unsupported` for a cluster of a version that is not handled; anything about a single index is a refusal in its task
 */
export function makePlan(inventory: Inventory, options: PlanOptions, nowMs = Date.now()): Plan {
  requireSupported('source', inventory.source.identity)
  requireSupported('target', inventory.target.identity)
  return {
    shardferryPlan: 1,
    name: options.name,
    createdAt: new Date(nowMs).toISOString(),
    source: planned(inventory.source),
    target: planned(inventory.target),
    patterns: inventory.patterns,
    indices: inventory.indices.map(index => taskFor(index, inventory, options)),
    skipped: inventory.skipped,
  }
}

function planned({ address, identity }: InventoriedCluster): PlannedCluster {
  return {
    address,
    clusterName: identity.clusterName,
    clusterUuid: identity.clusterUuid,
    flavor: identity.flavor,
    version: formatVersion(identity.version),
  }
}

function taskFor(found: InventoriedIndex, inventory: Inventory, options: PlanOptions): IndexTask {
  const { definition, onTarget } = found
  const from = inventory.source.identity
  const to = inventory.target.identity
  const mapped = targetMappings(definition.mappings, from, to)
  const set = targetSettings(definition.settings, from, to, inventory.targetPipelines)
  const routed = keepRoutingShards(set.settings, definition.shards, found.routingShards, to)
  const aliased = targetAliases(definition.aliases, to)
  const into = options.intoExisting && onTarget.kind === 'index' ? onTarget.definition : undefined
  const native = options.engine === 'reindex'
  const read = native ? reindexReadBy(found, options) : readBy(found, options)
  const refusals = refusalsOf(found, mapped.refusals, inventory, options)
  const action: IndexAction = refusals.length > 0 ? 'refuse' : into ? 'into-existing' : 'create'
  const settings = into ? into.settings : routed.settings
  return {
    source: found.index.name,
    target: found.target,
    uuid: definition.uuid,
    action,
    ...(refusals.length > 0 ? { reason: refusals.join('; ') } : {}),
    shards: definition.shards,
    estimate: found.estimate,
    ...(native ? { engine: 'reindex' } : {}),
    read,
    versionFrom: native
      ? 'version'
      : read.by === 'slices' && !found.seqNo.usable && !found.seqNo.hitsHaveIt
        ? 'version'
        : options.versionFrom,
    ...(found.query === undefined ? {} : { query: found.query }),
    settings: into ? {} : routed.settings,
    mappings: into ? {} : mapped.mappings,
    aliases: aliased.aliases,
    changes: into
      ? [...shardChanges(definition, into), ...mappingDifferences(mapped.mappings, into.mappings), ...aliased.changes]
      : [...set.changes, ...routed.changes, ...mapped.changes, ...aliased.changes],
    tuning: options.tune && !into ? tuningFor(to, settings) : exactnessFor(settings),
  }
}

/** Why an index cannot be moved as it is; each is a whole reason, the most telling first. */
function refusalsOf(
  { index, definition, target, onTarget, seqNo }: InventoriedIndex,
  mapped: readonly string[],
  { takenAliases, source, target: to }: Inventory,
  options: PlanOptions,
): string[] {
  const is = (name: string): boolean => isOn(setting(definition.settings, name))
  const reasons: string[] = []
  if (!definition.open)
    reasons.push('it is closed; open it (POST INDEX/_open) and make the plan again, it is never opened silently')
  if (definition.severalTypes.length > 0)
    reasons.push(`several mapping types (${definition.severalTypes.join(', ')}); splitting them comes in a later version`)
  if (is('index.frozen') || is('index.search.throttled'))
    reasons.push('it is frozen, so searches see none of its documents; unfreeze it first')
  if (setting(definition.settings, 'index.mode') === 'time_series')
    reasons.push('a time series index makes its own document ids; these come in a later version')
  if (setting(definition.settings, 'index.mapping.source.mode') === 'disabled')
    reasons.push('its documents have no _source (index.mapping.source.mode is disabled), so there is nothing to copy')
  if (isBacking(target)) reasons.push('data streams are attached in a later version; rename to copy as plain indices')
  if (options.engine === 'reindex') reasons.push(...reindexRefusals(definition, source.identity, to.identity, options))
  reasons.push(...mapped)
  for (const alias of Object.keys(definition.aliases).filter(alias => takenAliases.includes(alias)))
    reasons.push(`its alias ${alias} is the name of an index on the target`)
  if (options.readBy === 'seq-no' && !seqNo.usable) reasons.push(`it cannot be read by sequence number: ${seqNo.reason}`)
  if (onTarget.kind === 'other-name')
    reasons.push(`${target} is an alias or data stream on the target (${onTarget.indices.join(', ')})`)
  if (onTarget.kind === 'index') reasons.push(...existingRefusals(onTarget.definition, index.name, options))
  return reasons
}

function existingRefusals(existing: IndexDefinition, index: string, options: PlanOptions): string[] {
  if (!options.intoExisting) return [`${targetExists}; write into it with --into-existing, or move ${index} under another name`]
  if (!existing.open) return ['the index on the target is closed; open it first']
  if (isAppendOnly(existing.settings)) return ['the index on the target takes no ids from outside (index.append_only.enabled)']
  return []
}

/** Backing indices of data streams, `.ds-logs-2024.01.01-000001`, and their failure stores. */
function isBacking(name: string): boolean {
  return /^\.(ds|fs)-/.test(name)
}

function readBy({ definition, seqNo }: InventoriedIndex, options: PlanOptions): ReadBy {
  const primaryOnly = setting(definition.settings, 'index.replication.type') === 'SEGMENT' ? { primaryOnly: true } : {}
  if (options.readBy !== 'slices' && (seqNo.usable || options.readBy === 'seq-no')) return { by: 'seq-no', ...primaryOnly }
  const why = options.readBy === 'slices' ? 'asked for' : seqNo.usable ? '' : seqNo.reason
  const lost = 'what changes on the source while it is copied is not caught up with'
  const restart =
    !seqNo.usable && !seqNo.hitsHaveIt
      ? '; _version orders writes, so a document deleted and made again may look older than it is'
      : ''
  return {
    by: 'slices',
    ...(options.slices === undefined ? {} : { slices: options.slices }),
    ...primaryOnly,
    reason: `${why}; ${lost}${restart}`,
  }
}

/** Where the number of shards differs, ids that were apart by routing may meet. */
function shardChanges(source: IndexDefinition, existing: IndexDefinition): Change[] {
  const changes: Change[] = []
  const differs = (name: string, why: string): void => {
    changes.push({ kind: 'converted', what: `settings.index.${name}`, why })
  }
  if (source.shards !== existing.shards)
    differs(
      'number_of_shards',
      `the target has ${existing.shards}, the source ${source.shards}: documents of one id and several routings may fall together or apart`,
    )
  const ours = setting(source.settings, 'index.routing_partition_size') ?? '1'
  const theirs = setting(existing.settings, 'index.routing_partition_size') ?? '1'
  if (ours !== theirs) differs('routing_partition_size', 'it differs on the target: routings lead to other shards there')
  return changes
}
