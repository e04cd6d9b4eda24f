import type { Cluster } from '../../cluster/cluster.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask, JsonObject } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'

/** One page of a partition in `_doc` order. */
export function searchBody(source: Cluster, task: IndexTask, range: Partition['range'], size: number): object {
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  return {
    size,
    sort: ['_doc'],
    ...(modern ? { track_total_hits: true } : {}),
    ...(task.versionFrom === 'seq-no' ? { seq_no_primary_term: true } : { version: true }),
    query: range.by === 'seq-no' ? rangeQuery(task, range.from, range.to) : (task.query ?? { match_all: {} }),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}

export function rangeQuery(task: IndexTask, from: number, to: number): JsonObject {
  const range: JsonObject = { range: { _seq_no: { gte: from, lte: to } } }
  return { bool: { filter: task.query ? [range, task.query] : [range] } }
}

export function shardPreference(task: IndexTask, shard: number): string {
  return `_shards:${shard}${task.read.primaryOnly ? '|_primary' : ''}`
}
