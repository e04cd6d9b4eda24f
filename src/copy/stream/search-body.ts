import type { Cluster } from '../../cluster/cluster.ts'
import type { SearchBody } from '../../cluster/scroll.ts'
import { wholeSource } from '../../cluster/whole-source.ts'
import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import { atLeast } from '../../model/version.ts'
import { isListed } from '../manifest/listed.ts'
import { partitionQuery } from '../partition-query.ts'

/** One page of a partition, in `_doc` order unless the task says otherwise. */
export function searchBody(source: Cluster, task: IndexTask, range: Partition['range'], size: number): SearchBody {
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  return {
    size,
    sort: task.read.sort ?? ['_doc'],
    ...(modern ? { track_total_hits: true } : {}),
    ...sourceOf(source, task),
    ...(task.versionFrom === 'version' ? { version: true } : {}),
    ...(task.versionFrom === 'seq-no' || isListed(task, range) ? { seq_no_primary_term: true } : {}),
    query: partitionQuery(task, range),
    ...(range.by === 'slice' && range.of > 1 ? { slice: { id: range.slice, max: range.of } } : {}),
  }
}

/** All of a document, unless only its id, or some of its fields, are asked for. */
function sourceOf({ identity }: Cluster, { read: { idsOnly, fields } }: IndexTask): Pick<SearchBody, '_source'> {
  if (idsOnly) return { _source: false }
  return fields === undefined ? wholeSource(identity) : { _source: fields as object | boolean }
}
