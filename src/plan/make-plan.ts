import { targetAliases } from '../metadata/aliases.ts'
import { mappingDifferences } from '../metadata/differences.ts'
import { targetMappings } from '../metadata/mappings.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { targetSettings } from '../metadata/settings.ts'
import { asText, isOn, setting, withSetting } from '../metadata/tree.ts'
import { exactnessFor, isAppendOnly, leftOverTuning, tuningFor } from '../metadata/tune.ts'
import type {
  Change,
  DataStreamTask,
  DeletesBy,
  IndexAction,
  IndexTask,
  JsonObject,
  ObjectTask,
  Plan,
  PlannedCluster,
  ReadBy,
} from '../model/plan.ts'
import type { PlanOptions } from '../model/selection.ts'
import { formatVersion } from '../model/version.ts'
import type { Identity } from '../model/version.ts'
import type { Inventory, InventoriedCluster, InventoriedIndex } from './inventory.ts'
import { madeObjects, objectTasks } from './objects.ts'
import { oneTypeOf, severalTypesRefusal } from './one-type.ts'
import { backingDefinition } from './data-streams/backing-definition.ts'
import type { InventoriedStream } from './data-streams/inventory-streams.ts'
import { planStream, streamRefusals } from './data-streams/plan-streams.ts'
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
  const choices = { unknownTypes: options.unknownTypes ?? 'refuse' }
  const objects =
    inventory.objects && objectTasks(inventory.objects, inventory.source.identity, inventory.target.identity, choices)
  const targetPipelines = inventory.targetPipelines && [...inventory.targetPipelines, ...pipelinesOf(objects)]
  const known = { ...inventory, ...(targetPipelines ? { targetPipelines } : {}) }
  const indices = inventory.indices.map(index => taskFor(index, known, options))
  const dataStreams = planStreams(indices, inventory, options)
  return {
    shardferryPlan: 1,
    name: options.name,
    createdAt: new Date(nowMs).toISOString(),
    source: planned(inventory.source),
    target: planned(inventory.target),
    patterns: inventory.patterns,
    indices,
    ...(dataStreams.length === 0 ? {} : { dataStreams }),
    skipped: inventory.skipped,
    ...(objects ? { objects } : {}),
  }
}

/** Indices may name the pipelines that are made. */
function pipelinesOf(objects: readonly ObjectTask[] | undefined): string[] {
  return madeObjects(objects).flatMap(({ kind, name }) => (kind === 'ingest-pipeline' ? [name] : []))
}

function planStreams(tasks: readonly IndexTask[], inventory: Inventory, { engine }: PlanOptions): readonly DataStreamTask[] {
  const { source, target, targetPipelines, dataStreams = [] } = inventory
  return dataStreams.flatMap(found => {
    const own = tasks.filter(task => task.dataStream === found.target && task.action !== 'refuse')
    return own.length === 0
      ? []
      : [planStream(found, own, { from: source.identity, to: target.identity, targetPipelines, engine })]
  })
}

/** The data stream that an index is a backing index of, and is to be one of on the target. */
function streamOf({ index }: InventoriedIndex, { dataStreams = [] }: Inventory): InventoriedStream | undefined {
  return dataStreams.find(({ stream }) => stream.name === index.dataStream)
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

function taskFor(inventoried: InventoriedIndex, inventory: Inventory, options: PlanOptions): IndexTask {
  const found = { ...inventoried, definition: oneTypeOf(inventoried.definition, inventoried.query) }
  const { definition, onTarget } = found
  const from = inventory.source.identity
  const to = inventory.target.identity
  const mapped = targetMappings(definition.mappings, from, to, { unknownTypes: options.unknownTypes ?? 'refuse' })
  const set = targetSettings(definition.settings, from, to, inventory.targetPipelines)
  const needed = Object.entries(mapped.settings).reduce((all, [name, value]) => withSetting(all, name, value), set.settings)
  const routed = keepRoutingShards(needed, definition.shards, found.routingShards, to)
  const aliased = targetAliases(definition.aliases, to)
  const into = options.intoExisting && onTarget.kind === 'index' ? onTarget.definition : undefined
  const stream = streamOf(found, inventory)
  // Into a backing index that its stream makes, only the stream engine writes.
  const native = options.engine === 'reindex' && stream?.way !== 'roll-over'
  const versionFrom = native ? 'version' : versionFromFor(found, options)
  const read = native ? reindexReadBy(found, options) : readBy(found, versionFrom, options)
  const refusals = refusalsOf(found, mapped.refusals, inventory, options)
  const action: IndexAction = refusals.length > 0 ? 'refuse' : into ? 'into-existing' : 'create'
  const plain = {
    settings: routed.settings,
    mappings: mapped.mappings,
    changes: [...set.changes, ...routed.changes, ...mapped.changes],
  }
  const made = stream ? backingDefinition(found, stream, plain, inventory) : plain
  const settings = into ? into.settings : made.settings
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
    deletes: deletesFor(read, into !== undefined, native, options),
    versionFrom,
    ...(found.query === undefined ? {} : { query: found.query }),
    settings: into ? {} : made.settings,
    mappings: into ? {} : made.mappings,
    aliases: aliased.aliases,
    changes: into
      ? [
          ...leftOverChanges(into, to),
          ...shardChanges(found, into),
          ...mappingDifferences(mapped.mappings, into.mappings),
          ...aliased.changes,
        ]
      : [...made.changes, ...aliased.changes],
    tuning: options.tune && !into ? tuningFor(to, settings) : exactnessFor(settings),
    ...(stream === undefined ? {} : { dataStream: stream.target }),
  }
}

/** Why an index cannot be moved as it is; each is a whole reason, the most telling first. */
function refusalsOf(found: InventoriedIndex, mapped: readonly string[], inventory: Inventory, options: PlanOptions): string[] {
  const { index, definition, target, onTarget, seqNo, unreadable } = found
  const { takenAliases, source, target: to } = inventory
  const is = (name: string): boolean => isOn(setting(definition.settings, name))
  const reasons: string[] = []
  if (unreadable === 'metadata') reasons.push('nobody may read its settings and mappings (index.blocks.metadata)')
  if (unreadable === 'read') reasons.push('nobody may read its documents (index.blocks.read)')
  if (!definition.open)
    reasons.push('it is closed; open it (POST INDEX/_open) and make the plan again, it is never opened silently')
  const several = severalTypesRefusal(definition)
  if (several !== undefined) reasons.push(several)
  if (is('index.frozen') || is('index.search.throttled'))
    reasons.push('it is frozen, so searches see none of its documents; unfreeze it first')
  if (setting(definition.settings, 'index.mode') === 'time_series')
    reasons.push('a time series index makes its own document ids; these come in a later version')
  if (setting(definition.settings, 'index.mapping.source.mode') === 'disabled')
    reasons.push('its documents have no _source (index.mapping.source.mode is disabled), so there is nothing to copy')
  const stream = streamOf(found, inventory)
  if (stream) reasons.push(...streamRefusals(stream, definition.mappings, to.identity, options))
  else if (isBacking(target))
    reasons.push('its name is that of a backing index, and it comes without a data stream; move it under another name')
  if (options.engine === 'reindex' && stream?.way !== 'roll-over')
    reasons.push(...reindexRefusals(definition, source.identity, to.identity, options))
  reasons.push(...mapped)
  for (const alias of Object.keys(definition.aliases).filter(alias => takenAliases.includes(alias)))
    reasons.push(`its alias ${alias} is the name of an index on the target`)
  // Aliases are set on an index that is there too; its mappings stay its own.
  const moved = (definition.inexact ?? []).filter(number => onTarget.kind !== 'index' || number.startsWith('aliases.'))
  if (moved.length > 0)
    reasons.push(
      `numbers beyond 2^53 cannot be carried exactly: ${moved.join(', ')}; in the plan, write them in quotes with all their digits, and set its action to create`,
    )
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

function versionFromFor({ seqNo }: InventoriedIndex, options: PlanOptions): IndexTask['versionFrom'] {
  return seqNo.usable || seqNo.hitsHaveIt ? options.versionFrom : 'version'
}

function readBy({ definition, seqNo }: InventoriedIndex, versionFrom: IndexTask['versionFrom'], options: PlanOptions): ReadBy {
  const primaryOnly = setting(definition.settings, 'index.replication.type') === 'SEGMENT' ? { primaryOnly: true } : {}
  const restart =
    versionFrom === 'version'
      ? '_version orders writes, so a document deleted and made anew on the source while it is copied may stay as it was; the report tells where that may be'
      : ''
  if (options.readBy !== 'slices' && (seqNo.usable || options.readBy === 'seq-no'))
    return { by: 'seq-no', ...primaryOnly, ...(restart === '' ? {} : { reason: restart }) }
  const why = options.readBy === 'slices' ? 'asked for' : seqNo.usable ? '' : seqNo.reason
  const lost =
    'what changes on the source while it is copied is not caught up with; the same command reads everything again, and ends exact only when nothing is written meanwhile'
  return {
    by: 'slices',
    ...(options.slices === undefined ? {} : { slices: options.slices }),
    ...primaryOnly,
    reason: [why, lost, restart].filter(part => part !== '').join('; '),
  }
}

/** How deletes on the source are found: by what the index allows, unless something else is asked for. */
function deletesFor(read: ReadBy, into: boolean, native: boolean, { deletes = 'auto' }: PlanOptions): DeletesBy {
  if (deletes === 'off')
    return { by: 'off', reason: 'asked for; documents that the source deletes while it is copied stay on the target' }
  const why = native
    ? "the target's own _reindex does not tell what it moved"
    : read.by !== 'seq-no'
      ? 'it is not read by sequence numbers'
      : undefined
  if (why === undefined && deletes !== 'sweep')
    return {
      by: 'manifest',
      reason: 'what is copied is listed in the state folder and compared with the sequence numbers that are left',
    }
  const reason = why ?? 'asked for'
  return into
    ? {
        by: 'off',
        reason: `${reason}, and in an index that was there, documents of its own cannot be told from those that the source has deleted`,
      }
    : { by: 'sweep', reason: `${reason}; where anything was deleted, the ids of both sides are read and compared` }
}

/** What an earlier migration has set and not given back would be taken for the index's own, and given back to it afterwards. */
function leftOverChanges(existing: IndexDefinition, to: Identity): Change[] {
  const left = leftOverTuning(to, existing.settings)
  if (left.length === 0) return []
  const why = `the target has ${left.join(', ')}, as Shardferry sets it while it copies: an earlier migration into it seems not to have ended, and this one leaves the index so. Give it its own settings back first: shardferry complete --name NAME`
  return [{ kind: 'converted', what: 'settings.index.gc_deletes', why }]
}

/**
 * A document's shard is a hash of its routing, over `number_of_routing_shards`, `number_of_shards` and
 * `routing_partition_size`. Without a routing of its own a document is routed by its id, and an id is one document
 * wherever it lies. With one, an id is one document per shard: where an index that is there spreads routings otherwise,
 * two of them can meet (the newer stays) and, after an update under another routing, an old one can be left over.
 * Counts show the first as a difference, unless the index had documents of its own.
 */
function shardChanges(found: InventoriedIndex, existing: IndexDefinition): Change[] {
  const { definition: source, routingShards, existingRoutingShards } = found
  const changes: Change[] = []
  const differs = (name: string, ours: string | number, theirs: string | number): void => {
    if (String(ours) === String(theirs)) return
    const why = `the target has ${theirs}, the source ${ours}: documents of one id and several routings may fall together or apart`
    changes.push({ kind: 'converted', what: `settings.index.${name}`, why })
  }
  differs('number_of_shards', source.shards, existing.shards)
  // With one shard there is nothing to spread.
  if (source.shards > 1 && existing.shards > 1 && routingShards !== undefined && existingRoutingShards !== undefined)
    differs('number_of_routing_shards', routingShards, existingRoutingShards)
  const partition = (settings: JsonObject): string => asText(setting(settings, 'index.routing_partition_size') ?? '1')
  differs('routing_partition_size', partition(source.settings), partition(existing.settings))
  return changes
}
