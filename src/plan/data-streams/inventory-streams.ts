import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { ifAllowed } from '../../cluster/if-allowed.ts'
import { jsonIfFound } from '../../cluster/json.ts'
import { findDataStream } from '../../metadata/data-streams/read.ts'
import type { DataStream } from '../../metadata/data-streams/read.ts'
import { matchingTemplate, simulatedTemplate } from '../../metadata/data-streams/templates.ts'
import type { MatchingTemplate } from '../../metadata/data-streams/templates.ts'
import { dataStreamWay } from '../../metadata/data-streams/way.ts'
import type { NamedIndex } from '../../metadata/names.ts'
import { findIndex } from '../../metadata/read.ts'
import type { AliasDefinition, DataStreamWay, JsonObject } from '../../model/plan.ts'
import type { Selection } from '../../model/selection.ts'
import { mapFew } from '../../flow/map-few.ts'
import { streamOfAlias } from './from-aliases.ts'
import { targetName } from '../rename.ts'

/** Data streams that are looked at at once. */
const streamsAtOnce = 6

/** A data stream of the source some backing indices of which are moved, and what the target has of its name. */
export interface InventoriedStream {
  readonly stream: DataStream
  readonly target: string
  readonly becomes: 'data-stream' | 'alias'
  /** It is an alias, or an index, on the source. */
  readonly made: boolean
  /** Undefined where the target can have none with these indices. */
  readonly way: DataStreamWay | undefined
  readonly onTarget: DataStream | undefined
  /** The target has an index or alias of that name. */
  readonly taken: boolean
  /** What the target would make of the name. */
  readonly targetTemplate: MatchingTemplate | undefined
  /** What the source makes its next backing index of; undefined where its user may not see it. */
  readonly template: { readonly settings: JsonObject; readonly mappings: JsonObject; readonly own: MatchingTemplate } | undefined
  readonly aliases: Readonly<Record<string, AliasDefinition>>
}

export async function inventoryStreams(
  source: Cluster,
  target: Cluster,
  indices: readonly NamedIndex[],
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly InventoriedStream[]> {
  const names = [...new Set(indices.flatMap(({ dataStream }) => dataStream ?? []))]
  const found = await mapFew(names, streamsAtOnce, async name => {
    const made = selection.toDataStreams?.includes(name) === true
    const own = indices.filter(index => index.dataStream === name).map(index => index.name)
    const stream = made ? await streamOfAlias(source, name, own, signal) : await findDataStream(source, name, signal)
    const becomes: InventoriedStream['becomes'] = made || selection.dataStreams !== 'aliases' ? 'data-stream' : 'alias'
    return stream && { ...(await inventory(source, target, stream, targetName(name, selection), signal)), becomes, made }
  })
  return found.filter(one => one !== undefined)
}

async function inventory(
  source: Cluster,
  target: Cluster,
  stream: DataStream,
  name: string,
  signal: AbortSignal,
): Promise<Omit<InventoriedStream, 'becomes' | 'made'>> {
  const way = dataStreamWay(target.identity)
  const here = way && (await findIndex(target, name, signal))
  const onTarget = way && (await findDataStream(target, name, signal))
  return {
    stream,
    target: name,
    way,
    onTarget,
    taken: here !== undefined && here.kind !== 'nothing' && onTarget === undefined,
    targetTemplate: way && (await ifAllowed(matchingTemplate(target, name, signal))),
    template: await ifAllowed(ownTemplate(source, stream.name, signal)),
    aliases: (await ifAllowed(streamAliases(source, stream.name, signal))) ?? {},
  }
}

async function ownTemplate(source: Cluster, stream: string, signal: AbortSignal): Promise<InventoriedStream['template']> {
  const own = await matchingTemplate(source, stream, signal)
  return own && { ...(await simulatedTemplate(source, own.name, signal)), own }
}

async function streamAliases(source: Cluster, stream: string, signal: AbortSignal): Promise<InventoriedStream['aliases']> {
  const answer = await jsonIfFound<Record<string, { aliases?: InventoriedStream['aliases'] }>>(source, {
    method: 'GET',
    path: `/${indexPath(stream)}/_alias`,
    signal,
  })
  return answer?.[stream]?.aliases ?? {}
}
