import { editSettings, without } from '../../metadata/tree.ts'
import type { AliasDefinition, JsonObject } from '../../model/plan.ts'
import type { Selection } from '../../model/selection.ts'
import type { Inventory, InventoriedIndex } from '../inventory.ts'
import { targetName } from '../rename.ts'
import type { InventoriedStream } from './inventory-streams.ts'

/** Indices and data streams as they are to arrive: some data streams end as an alias, and some aliases become a data stream. */
export function becoming(
  indices: readonly InventoriedIndex[],
  streams: readonly InventoriedStream[],
  selection: Selection,
): Required<Pick<Inventory, 'indices' | 'dataStreams'>> {
  const of = (found: InventoriedIndex): InventoriedStream | undefined =>
    streams.find(({ stream }) => stream.name === found.index.dataStream)
  return {
    indices: indices.map(found => {
      const stream = of(found)
      if (stream?.becomes === 'alias') return behindAlias(found, stream, indices, selection)
      // Servers add no index to a data stream that has an alias of its own.
      return stream?.made === true ? { ...found, definition: { ...found.definition, aliases: {} } } : found
    }),
    dataStreams: streams
      .filter(({ becomes }) => becomes === 'data-stream')
      .map(stream =>
        stream.made
          ? {
              ...stream,
              aliases: otherAliases(
                indices.filter(found => of(found) === stream),
                stream,
              ),
            }
          : stream,
      ),
  }
}

/** A plain index behind an alias of the data stream's name, which is written to as the stream is: into the newest. */
function behindAlias(
  found: InventoriedIndex,
  { stream, aliases }: InventoriedStream,
  indices: readonly InventoriedIndex[],
  selection: Selection,
): InventoriedIndex {
  const { definition } = found
  const newest = stream.indices.findLast(name => indices.some(({ index }) => index.name === name))
  const alias: AliasDefinition = { is_write_index: definition.name === newest }
  return {
    ...found,
    definition: {
      ...definition,
      settings: editSettings(definition.settings, (name, value) => (name === 'index.hidden' ? undefined : value)),
      mappings: without(definition.mappings, '_data_stream_timestamp'),
      aliases: { ...definition.aliases, [targetName(stream.name, selection)]: alias, ...aliases },
    },
  }
}

/** What else the indices are called, for the data stream as a whole. */
function otherAliases(indices: readonly InventoriedIndex[], { stream }: InventoriedStream): InventoriedStream['aliases'] {
  const all = indices.flatMap(({ definition }) => Object.entries(definition.aliases))
  // A data stream knows itself which index is written to.
  return Object.fromEntries(
    all
      .filter(([name]) => name !== stream.name)
      .map(([name, definition]) => [name, without(definition as JsonObject, 'is_write_index')]),
  )
}
