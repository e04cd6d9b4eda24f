import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { jsonIfFound } from '../../cluster/json.ts'
import type { JsonObject } from '../../model/plan.ts'

/** A data stream as its cluster tells of it. */
export interface DataStream {
  readonly name: string
  readonly timestampField: string
  /** Oldest first; the last one is written to. */
  readonly indices: readonly string[]
  readonly generation: number
  readonly hidden: boolean
  /** Its name; undefined where the user may not see it. */
  readonly template: string | undefined
  readonly lifecycle: JsonObject | undefined
  /** Documents that were refused are kept in indices of its own (Elasticsearch 8.19). */
  readonly failureIndices: readonly string[]
}

interface Told {
  readonly name: string
  readonly timestamp_field: { readonly name: string }
  readonly indices: readonly { readonly index_name: string }[]
  readonly generation: number
  readonly hidden?: boolean
  readonly template?: string
  readonly lifecycle?: JsonObject
  readonly failure_store?: { readonly indices?: readonly { readonly index_name: string }[] }
}

/** Undefined where there is no data stream of that name. */
export async function findDataStream(cluster: Cluster, name: string, signal: AbortSignal): Promise<DataStream | undefined> {
  const found = await jsonIfFound<{ data_streams: readonly Told[] }>(cluster, {
    method: 'GET',
    path: `/_data_stream/${indexPath(name)}`,
    signal,
  })
  const told = found?.data_streams.find(one => one.name === name)
  return (
    told && {
      name,
      timestampField: told.timestamp_field.name,
      indices: told.indices.map(index => index.index_name),
      generation: told.generation,
      hidden: told.hidden === true,
      template: told.template,
      lifecycle: told.lifecycle && settable(told.lifecycle),
      failureIndices: (told.failure_store?.indices ?? []).map(index => index.index_name),
    }
  )
}

/** Without what the server works out of it and of its own defaults. */
function settable({ enabled, data_retention, downsampling }: JsonObject): JsonObject {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(data_retention === undefined ? {} : { data_retention }),
    ...(downsampling === undefined ? {} : { downsampling }),
  }
}
