/**
 * What an ended `_reindex` task means for its partition. Invariant: `moved` is said only of a task that read to the end,
 * whose every document is accounted for, and that promised no fewer documents than the source itself counts.
 */
import type { ServerReason } from '../../cluster/refusal.ts'
import type { ReindexFailure, ReindexTask } from '../../cluster/reindex.ts'
import type { Counts, Partition } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import { brokenOff } from './broken-off.ts'
import type { Place } from './broken-off.ts'

export type Judgement =
  | { readonly kind: 'moved'; readonly counts: Omit<Counts, 'bytes'> }
  /** The target refuses some documents for a reason of their own; this is one of the reasons. */
  | { readonly kind: 'refused'; readonly example: string }
  /** A batch did not fit into the target's buffer (100 MB), or into what either cluster sets aside for a request. */
  | { readonly kind: 'batch-too-large' }
  | { readonly kind: 'failed'; readonly error: ShardferryError }

/** @param fewest documents the source counts for the partition, at the least, while it was read */
export function judge(ended: ReindexTask, task: IndexTask, partition: Partition, fewest: number, place: Place): Judgement {
  const { response } = ended
  if (!response) {
    const error = ended.error ?? {}
    return batchTooLarge(error) ? { kind: 'batch-too-large' } : { kind: 'failed', error: brokenOff(error, task, place) }
  }
  const partial = (what: string): Judgement => ({
    kind: 'failed',
    error: new ShardferryError('response-partial', `The _reindex of partition ${partition.id} ${what}.`, {
      recovery: 'redo',
      hint: 'It is moved again.',
    }),
  })
  const failure = response.failures[0]
  if (failure) return judgeFailure(response.failures, task, partial)
  if (response.canceled !== undefined) return partial(`was cancelled: ${response.canceled}`)
  if (response.timed_out) return partial('timed out')
  const written = response.created + response.updated
  const accounted = written + response.version_conflicts
  if (accounted !== response.total || response.noops + response.deleted > 0)
    return partial(
      `promised ${response.total} documents and accounts for ${accounted}, with ${response.noops} left alone and ${response.deleted} deleted`,
    )
  if (response.total < fewest) return partial(`found ${response.total} documents where the source counts ${fewest}`)
  return {
    kind: 'moved',
    counts: { read: response.total, written, alreadyNewer: response.version_conflicts, setAside: 0, filtered: 0 },
  }
}

/**
 * The reader's buffer; a circuit breaker; and a bulk request that alone, or nearly so, is more than the tenth of the heap
 * that indexing may have at once (`indexing_pressure.memory.limit`), which no repetition makes smaller.
 */
function batchTooLarge(error: ServerReason): boolean {
  const said = JSON.stringify(error)
  if (said.includes('chunk that was too large') || said.includes('circuit_breaking_exception')) return true
  const pressure = /coordinating_operation_bytes=(\d+), max_coordinating_and_primary_bytes=(\d+)/.exec(said)
  return pressure !== null && Number(pressure[1]) > Number(pressure[2]) / 2
}

/** The first failure that says more than that documents are refused goes before those. */
function judgeFailure(failures: readonly ReindexFailure[], task: IndexTask, partial: (what: string) => Judgement): Judgement {
  for (const failure of failures) {
    const { status = 0 } = failure
    const { type = '', reason = '' } = failure.cause ?? failure.reason ?? {}
    const said = `${status} ${type}: ${reason}`
    const failed = (...[code, message, facts]: ConstructorParameters<typeof ShardferryError>): Judgement => ({
      kind: 'failed',
      error: new ShardferryError(code, message, facts),
    })
    if (failure.id === undefined) return partial(`lost a part of the source: ${said}`)
    if (type === 'cluster_block_exception')
      return failed('target-blocked', `The target blocks writes into ${task.target}: ${reason}`, {
        recovery: 'retry',
        hint: 'Look at the free space of its disks and at the blocks of the index.',
      })
    if (status === 429 || status >= 500)
      return failed('overloaded', `The target did not take documents of ${task.target}: ${said}`, {
        recovery: 'retry',
        hint: 'Lower --width, or wait until the target has less to do, and run the same command again.',
      })
    if (status === 401 || status === 403)
      return failed('forbidden', `The target refuses to write into ${task.target}: ${reason}`, {
        hint: "Give the target's user the index privilege `write` (Elasticsearch), or the action group `write` with the cluster permission `indices:data/write/bulk` (OpenSearch).",
      })
    if (type === 'index_not_found_exception' || type === 'index_closed_exception')
      return failed('target-changed', `The target index ${task.target} is gone or closed: ${reason}`, {
        hint: 'Somebody removed or closed it while it was being filled. Start a new migration under another --name.',
      })
  }
  const { status, cause } = failures[0]!
  return { kind: 'refused', example: `${status} ${cause?.type}: ${cause?.reason}` }
}
