import { fieldTypes, isVector } from '../metadata/fields.ts'
import { leavesVectorsOut } from '../cluster/whole-source.ts'
import { setting } from '../metadata/tree.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import type { JsonObject, ReadBy } from '../model/plan.ts'
import { reindexRoute } from '../model/reindex-routes.ts'
import type { PlanOptions } from '../model/selection.ts'
import type { Identity } from '../model/version.ts'
import type { InventoriedIndex } from './inventory.ts'

/** What every index moved by the target's own `_reindex` is subject to; the plan shows it. */
const differently =
  "moved by the target's own _reindex: a document's version is the source's _version, so one deleted and made again while it is copied may look older than it is; its JSON is written anew (1.50 becomes 1.5)"

/** How the target's own `_reindex` reads an index: it takes a query, but no slices. */
export function reindexReadBy({ seqNo }: InventoriedIndex, { readBy, partitionField }: PlanOptions): ReadBy {
  if (readBy !== 'slices' && (seqNo.usable || readBy === 'seq-no')) return { by: 'seq-no', reason: differently }
  const why = readBy === 'slices' ? 'asked for' : seqNo.usable ? '' : seqNo.reason
  const lost = 'what changes on the source while it is copied is not caught up with'
  return partitionField === undefined
    ? { by: 'slices', slices: 1, reason: `as a whole: ${why}; ${lost}; ${differently}` }
    : { by: 'field', field: partitionField, reason: `${why}; ${lost}; ${differently}` }
}

/** Why the target's own `_reindex` cannot move an index. */
export function reindexRefusals(
  definition: IndexDefinition,
  source: Identity,
  target: Identity,
  { partitionField }: PlanOptions,
): string[] {
  const reasons: string[] = []
  const { verdict, why } = reindexRoute(source, target)
  if (verdict === 'fails') reasons.push(`${why}; copy with --engine stream`)
  if (setting(definition.settings, 'index.replication.type') === 'SEGMENT')
    reasons.push('its replicas are copies of segments, which may be older, and _reindex cannot be told to read primaries only')
  if (leavesVectorsOut(source) && [...fieldTypes(definition.mappings).values()].some(isVector))
    reasons.push(
      'the source leaves vectors out unless it is asked for them, which _reindex does not do; copy with --engine stream',
    )
  if (partitionField !== undefined) {
    const type = fieldType(definition.mappings, partitionField)
    if (type === undefined || !ordered.has(type))
      reasons.push(
        `${partitionField}, by which it would be cut, is ${type === undefined ? 'not in its mapping' : `a field of type ${type}`}; name a date or number (--partition-field)`,
      )
  }
  return reasons
}

const ordered = new Set([
  'date',
  'date_nanos',
  'long',
  'integer',
  'short',
  'byte',
  'double',
  'float',
  'half_float',
  'scaled_float',
])

function fieldType(mappings: JsonObject, path: string): string | undefined {
  let node: JsonObject = mappings
  for (const name of path.split('.')) {
    const next = (node['properties'] as JsonObject | undefined)?.[name]
    if (next === undefined) return undefined
    node = next as JsonObject
  }
  return node['type'] as string | undefined
}
