import type { Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'

/** Whether what is copied of a partition is listed in a manifest: only sequence numbers can be compared later. */
export function isListed({ deletes, engine }: IndexTask, range: Partition['range']): boolean {
  return deletes?.by === 'manifest' && engine !== 'reindex' && range.by === 'seq-no'
}
