import type { Cluster } from '../../cluster/cluster.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { isListed } from '../manifest/listed.ts'
import { partitionQuery } from '../partition-query.ts'

/** One page of a partition, in `_doc` order unless the task says otherwise. */
export function searchBody(source: Cluster, task: IndexTask, range: Partition['range'], size: number): object {
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  return {
    size,
    sort: task.read.sort ?? ['_doc'],
    ...(modern ? { track_total_hits: true } : {}),
    ...(task.read.idsOnly ? { _source: false } : task.read.fields === undefined ? {} : { _source: task.read.fields }),
    ...(task.versionFrom === 'version' ? { version: true } : {}),
    ...(task.versionFrom === 'seq-no' || isListed(task, range) ? { seq_no_primary_term: true } : {}),
    query: partitionQuery(task, range),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}
