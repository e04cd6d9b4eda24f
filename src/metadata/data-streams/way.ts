import type { DataStreamWay, JsonObject } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'
import { atLeast } from '../../model/version.ts'

/** How a data stream comes to a target: `_data_stream/_modify` came with Elasticsearch 7.16 and OpenSearch 3.8; undefined: not at all. */
export function dataStreamWay({ flavor, version }: Identity): DataStreamWay | undefined {
  if (flavor === 'opensearch') return atLeast(version, 3, 8) ? 'attach' : 'roll-over'
  if (atLeast(version, 7, 16)) return 'attach'
  // From 7.11 on a backing index has the day in its name on which it is made, which nobody can choose.
  return atLeast(version, 7, 9) && !atLeast(version, 7, 11) ? 'roll-over' : undefined
}

/** Whether a data stream there may have aliases of its own. */
export function hasStreamAliases({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' && atLeast(version, 7, 14)
}

/** Whether it has lifecycles of its own (`_lifecycle`). */
export function hasStreamLifecycle({ flavor, version }: Identity): boolean {
  return flavor === 'elasticsearch' && atLeast(version, 8, 11)
}

/** The number that a backing index ends with; undefined where its name is of another kind. */
export function generationOf(index: string): number | undefined {
  const found = /-(\d{6,})$/.exec(index)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

/** What makes an index template one of data streams; only OpenSearch lets their time be in another field. */
export function madeBy(timestampField: string): JsonObject {
  return timestampField === '@timestamp' ? {} : { timestamp_field: { name: timestampField } }
}
