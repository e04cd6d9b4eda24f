import { targetAliases } from '../../metadata/aliases.ts'
import { hasStreamAliases, hasStreamLifecycle, madeBy } from '../../metadata/data-streams/way.ts'
import { targetMappings } from '../../metadata/mappings.ts'
import { targetSettings } from '../../metadata/settings.ts'
import { isObject, without } from '../../metadata/tree.ts'
import type { Change, DataStreamTask, EngineName, IndexTask, JsonObject } from '../../model/plan.ts'
import type { PlanOptions } from '../../model/selection.ts'
import type { Identity } from '../../model/version.ts'
import { targetExists } from '../require-ok.ts'
import type { InventoriedStream } from './inventory-streams.ts'

export interface StreamRoute {
  readonly from: Identity
  readonly to: Identity
  readonly targetPipelines: readonly string[] | undefined
  /** As it was asked for. */
  readonly engine: EngineName | undefined
}

/** Why backing indices of this data stream cannot be moved as such. */
export function streamRefusals(
  { stream, target, way, onTarget, taken, made }: InventoriedStream,
  mappings: JsonObject,
  to: Identity,
  { intoExisting }: Pick<PlanOptions, 'intoExisting'>,
): string[] {
  const instead = '--data-streams aliases moves it as indices behind an alias'
  if (way === undefined)
    return [`this version of the target makes no data stream of backing indices that come from elsewhere; ${instead}`]
  if (made && !isTime(mappings, stream.timestampField))
    return [`it has no date field ${stream.timestampField}, which every document of a data stream needs`]
  if (to.flavor === 'elasticsearch' && stream.timestampField !== '@timestamp')
    return [`its time is in ${stream.timestampField}, and a data stream of Elasticsearch has it in @timestamp; ${instead}`]
  if (taken) return [`the target has an index or alias named ${target}, as its data stream is to be called`]
  if (!onTarget) return []
  if (!intoExisting)
    return [`${targetExists}: data stream ${target}; add to it with --into-existing, or move it under another name`]
  return way === 'attach' ? [] : [`the target has a data stream ${target}, and this version adds no backing indices to one`]
}

function isTime({ properties }: JsonObject, field: string): boolean {
  const mapped = isObject(properties) ? properties[field] : undefined
  return isObject(mapped) && (mapped['type'] === 'date' || mapped['type'] === 'date_nanos')
}

/** @param tasks of its backing indices that are moved */
export function planStream(
  found: InventoriedStream,
  tasks: readonly IndexTask[],
  { from, to, targetPipelines, engine }: StreamRoute,
): DataStreamTask {
  const { stream, target, way = 'attach', onTarget, aliases } = found
  const changes: Change[] = []
  const drop = (what: string, why: string): void => void changes.push({ kind: 'dropped', what, why })
  const lifecycle = onTarget ? undefined : stream.lifecycle
  const keepsLifecycle = lifecycle !== undefined && hasStreamLifecycle(to)
  if (lifecycle && !keepsLifecycle)
    drop('lifecycle', `the target keeps no lifecycle with a data stream (it is ${JSON.stringify(lifecycle)})`)
  if (onTarget && stream.lifecycle) drop('lifecycle', "the target's data stream keeps its own")
  if (stream.failureIndices.length > 0)
    drop('failure_store', `documents that the source refused stay there: ${stream.failureIndices.join(', ')}`)
  if (engine === 'reindex' && way === 'roll-over')
    changes.push({
      kind: 'converted',
      what: 'engine',
      why: "Shardferry's own stream moves it: the target's _reindex writes into no backing index that is to be chosen",
    })
  const aliased = targetAliases(aliases, to)
  const keepsAliases = hasStreamAliases(to)
  if (!keepsAliases)
    for (const alias of Object.keys(aliases)) drop(`aliases.${alias}`, 'a data stream of the target has no aliases')
  const order = new Map(tasks.map(task => [task.source, task.target]))
  const template = templateFor(found, tasks, { from, to, targetPipelines }, changes)
  return {
    source: stream.name,
    target,
    action: onTarget ? 'into-existing' : 'create',
    by: way,
    timestampField: stream.timestampField,
    indices: stream.indices.flatMap(index => order.get(index) ?? []),
    ...(template === undefined ? {} : { template }),
    ...(keepsLifecycle ? { lifecycle } : {}),
    aliases: keepsAliases ? aliased.aliases : {},
    changes: [...changes, ...(keepsAliases ? aliased.changes : [])],
  }
}

/** For this one name, so that no other index of the target is caught by it. */
function templateFor(
  { stream, target, targetTemplate, template, onTarget, made }: InventoriedStream,
  tasks: readonly IndexTask[],
  { from, to, targetPipelines }: Omit<StreamRoute, 'engine'>,
  changes: Change[],
): DataStreamTask['template'] {
  if (onTarget || targetTemplate?.dataStream !== undefined) return undefined
  const last = tasks.at(-1)
  const set = template && targetSettings(template.settings, from, to, targetPipelines)
  const mapped = template && targetMappings(template.mappings, from, to)
  if (!template && !made)
    changes.push({
      kind: 'converted',
      what: 'template',
      why: 'the source does not show its index template; the one on the target is made of the newest backing index',
    })
  changes.push(...(set?.changes ?? []), ...(mapped?.changes ?? []))
  const own = template?.own.dataStream ?? {}
  const options = from.flavor === 'elasticsearch' && to.flavor === 'elasticsearch' ? without(own, 'timestamp_field') : {}
  const body: JsonObject = {
    index_patterns: [target],
    priority: 1 + Math.max(targetTemplate?.priority ?? 0, template?.own.priority ?? 0),
    data_stream: { ...options, ...madeBy(stream.timestampField) },
    template: {
      settings: set?.settings ?? last?.settings ?? {},
      mappings: without(mapped?.mappings ?? last?.mappings ?? {}, '_data_stream_timestamp'),
    },
  }
  return { name: `data-stream-${target}`, body }
}
