import { editSettings, without } from '../../metadata/tree.ts'
import type { AliasDefinition } from '../../model/plan.ts'
import type { Selection } from '../../model/selection.ts'
import type { InventoriedIndex } from '../inventory.ts'
import { targetName } from '../rename.ts'
import type { InventoriedStream } from './inventory-streams.ts'

/** Backing indices as plain ones behind an alias of their data stream's name, which is written to as the stream is: into the newest. */
export function asAliases(
  indices: readonly InventoriedIndex[],
  streams: readonly InventoriedStream[],
  selection: Selection,
): readonly InventoriedIndex[] {
  return indices.map(found => {
    const of = streams.find(({ stream }) => stream.name === found.index.dataStream)
    if (!of) return found
    const { definition } = found
    const newest = of.stream.indices.findLast(name => indices.some(({ index }) => index.name === name))
    const alias: AliasDefinition = { is_write_index: definition.name === newest }
    return {
      ...found,
      definition: {
        ...definition,
        settings: editSettings(definition.settings, (name, value) => (name === 'index.hidden' ? undefined : value)),
        mappings: without(definition.mappings, '_data_stream_timestamp'),
        aliases: { ...definition.aliases, [targetName(of.stream.name, selection)]: alias, ...of.aliases },
      },
    }
  })
}
