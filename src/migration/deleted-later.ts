import { allListed } from '../copy/manifest/gone.ts'
import { readLeftovers, readManifest, readUnfinished } from '../copy/manifest/folder.ts'
import type { Row } from '../copy/manifest/rows.ts'
import type { IndexState } from '../journal/fold.ts'
import type { Listed } from '../model/documents.ts'
import { markOf } from '../model/entries.ts'
import type { ShardMark } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import { placeOf } from '../verify/compared-index.ts'
import { withoutBase } from './cutover/way-back.ts'
import { countedDeletes, deletesAreCounted, deletesSince } from './deletes-since.ts'

/**
 * Of documents that only the target has, those that the source has deleted since deletes were carried over last: the same
 * copy brings that over when it is run again. Each is told by two things: the target holds the very version that the
 * manifests list, so that the source had it when it was copied; and the source has counted deletes since. Where more are
 * gone than were counted, something else is amiss, and none is excused.
 * @param now where the shards stand after the documents were seen to be gone
 */
export function deletedLater(
  task: IndexTask,
  { rounds, carriedUpTo, folder }: CopiedSoFar,
  extra: readonly Pick<Listed, 'id' | 'routing' | 'version'>[],
  now: readonly ShardMark[],
): ReadonlySet<string> {
  const before = carriedUpTo ?? rounds[0]?.shards
  const none = new Set<string>()
  if (task.deletes?.by !== 'manifest' || !allListed(rounds) || deletesSince(task, before, now) === 'none') return none
  // Versions of the application may have been raised when they were written over others.
  const raised = task.action === 'create' && task.versionFrom === 'version'
  // Manifests list the version without what a change of direction has added.
  const wanted = new Map(extra.map(({ id, routing, version }) => [placeOf(id, routing), withoutBase(version)]))
  const versions = new Set(wanted.values())
  const found = new Set<string>()
  const take = (row: Row): void => {
    if (row.rejected || (!raised && !versions.has(row.version))) return
    const place = placeOf(row.id, row.routing)
    if (raised ? wanted.has(place) : wanted.get(place) === row.version) found.add(place)
  }
  try {
    for (const { partitions, settled } of rounds)
      for (const partition of partitions) {
        readManifest(folder, partition, settled.get(partition.id)?.listed ?? 0, take)
        readLeftovers(folder, partition, take)
        readUnfinished(folder, partition, take)
      }
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code !== 'manifest-unreadable') throw thrown
    return none
  }
  return found.size <= mostDeleted(task, before, now) ? found : none
}

export interface CopiedSoFar extends Pick<IndexState, 'rounds'> {
  /** Where the shards stood when deletes were carried over, at the latest before the documents were looked at; undefined: never. */
  readonly carriedUpTo: readonly ShardMark[] | undefined
  /** Of the manifests. */
  readonly folder: string
}

/** How many documents can have gone from the source: as many as its primaries counted, or, where counts have begun anew, as there were operations. */
function mostDeleted(task: IndexTask, before: readonly ShardMark[] | undefined, now: readonly ShardMark[]): number {
  if (deletesAreCounted(task, before, now)) return countedDeletes(before, now)
  return now.reduce((sum, mark) => sum + Math.max(0, mark.maxSeqNo - (markOf(before, mark.shard)?.maxSeqNo ?? -1)), 0)
}
