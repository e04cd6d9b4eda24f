import type { Cluster } from '../../cluster/cluster.ts'
import type { SearchBody } from '../../cluster/scroll.ts'
import { wholeSource } from '../../cluster/whole-source.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { isListed } from '../manifest/listed.ts'
import { partitionQuery } from '../partition-query.ts'

/** One page of a partition in `_doc` order. */
export function searchBody(source: Cluster, task: IndexTask, range: Partition['range'], size: number): SearchBody {
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  return {
    size,
    sort: ['_doc'],
    ...(modern ? { track_total_hits: true } : {}),
    ...(task.read.idsOnly ? { _source: false } : wholeSource(source.identity)),
    ...(task.versionFrom === 'version' ? { version: true } : {}),
    ...(task.versionFrom === 'seq-no' || isListed(task, range) ? { seq_no_primary_term: true } : {}),
    query: partitionQuery(task, range),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}
