import { setting, withSetting } from '../../metadata/tree.ts'
import type { Change, JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { atLeast } from '../../model/version.ts'
import type { Inventory, InventoriedIndex } from '../inventory.ts'
import type { InventoriedStream } from './inventory-streams.ts'

interface Definition {
  readonly settings: JsonObject
  readonly mappings: JsonObject
  readonly changes: readonly Change[]
}

/** An index's definition as a backing index has it: it is as old as on the source, and its time field is looked after. */
export function backingDefinition(
  found: InventoriedIndex,
  stream: InventoriedStream,
  { settings, mappings, changes }: Definition,
  { indices, target }: Pick<Inventory, 'indices' | 'target'>,
): Definition {
  const aged = withAge(found, stream, settings, indices, target.identity)
  // Elasticsearch adds this itself, and so does a stream that makes the index.
  const timed =
    target.identity.flavor === 'opensearch' && stream.way === 'attach' ? { _data_stream_timestamp: { enabled: true } } : {}
  return {
    settings: aged.settings,
    mappings: { ...timed, ...mappings },
    changes: [...changes.filter(({ what }) => what !== 'mappings._data_stream_timestamp'), ...aged.changes],
  }
}

/**
 * Lifecycles delete by age. On OpenSearch that is an index's date of creation, which it takes from outside; on Elasticsearch
 * the day that it was rolled over, when the next one was made.
 */
function withAge(
  { definition }: InventoriedIndex,
  { stream, way }: InventoriedStream,
  settings: JsonObject,
  indices: readonly InventoriedIndex[],
  to: Identity,
): Pick<Definition, 'settings' | 'changes'> {
  const created = (name: string | undefined): number =>
    Number(setting(indices.find(({ index }) => index.name === name)?.definition.settings ?? {}, 'index.creation_date'))
  const name = to.flavor === 'opensearch' ? 'index.creation_date' : 'index.lifecycle.origination_date'
  const next = stream.indices[stream.indices.indexOf(definition.name) + 1]
  const from = created(to.flavor === 'opensearch' ? definition.name : next)
  // The template that a stream makes its backing indices of takes no date of creation.
  const known = to.flavor === 'opensearch' ? way === 'attach' : atLeast(to.version, 7, 5)
  if (!known || !Number.isSafeInteger(from) || setting(settings, name) !== undefined) return { settings, changes: [] }
  const why = 'its age counts as on the source, for lifecycles that delete what is old'
  return { settings: withSetting(settings, name, String(from)), changes: [{ kind: 'converted', what: `settings.${name}`, why }] }
}
