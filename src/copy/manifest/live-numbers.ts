import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import { count } from '../../cluster/shards.ts'
import type { SeqNoRange } from '../../model/documents.ts'
import { ownSearches } from '../../cluster/pressure.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import { partitionQuery } from '../partition-query.ts'
import type { Copies } from '../stream/copies.ts'
import { windowOf } from '../stream/page-size.ts'

/** Which sequence numbers of a range the source still has documents for, that match the task's query. */
export interface LiveNumbers {
  count(task: IndexTask, range: SeqNoRange, signal: AbortSignal): Promise<number>
  /** Visits each once, in order. */
  each(task: IndexTask, range: SeqNoRange, visit: (seqNo: number) => void, signal: AbortSignal): Promise<void>
}

/**
 * Asks refreshed copies for numbers only: no source, no stored field, so that a page is read from the index and its doc
 * values. A window of numbers that a page holds costs the source half of one that is cut off. A number that goes while its range is read is seen or not; none that was gone comes back.
 */
export function liveNumbers(source: Cluster, copies: Copies): LiveNumbers {
  return {
    count: (task, range, signal) =>
      copies.reach(
        task,
        range.shard,
        preference => count(source, task.source, partitionQuery(task, range), { shards: 1, preference }, signal),
        signal,
      ),
    async each(task, range, visit, signal) {
      const size = windowOf(task)
      let width = size
      for (let from = range.from; from <= range.to;) {
        const window = { ...range, from, to: Math.min(range.to, from + width - 1) }
        const numbers = await copies.reach(
          task,
          range.shard,
          preference => page(source, task, window, size, preference, signal),
          signal,
        )
        for (const number of numbers) visit(number)
        const cutOff = numbers.length === size && numbers.at(-1)! < window.to
        from = (cutOff ? numbers.at(-1)! : window.to) + 1
        // Sparse numbers come from wider windows, so that each fills about a page.
        width = cutOff ? size : Math.max(size, Math.floor(width * Math.min(8, (0.9 * size) / Math.max(1, numbers.length))))
      }
    },
  }
}

interface NumbersAnswer {
  readonly timed_out?: boolean
  readonly _shards?: { readonly total: number; readonly successful: number; readonly failed: number }
  readonly hits?: { readonly hits?: readonly { readonly sort: readonly [number] }[] }
}

async function page(
  source: Cluster,
  task: IndexTask,
  range: SeqNoRange,
  size: number,
  preference: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const answer = await json<NumbersAnswer>(source, {
    method: 'POST',
    path: `/${indexPath(task.source)}/_search`,
    query: {
      preference,
      allow_partial_search_results: false,
      filter_path: 'timed_out,_shards.total,_shards.successful,_shards.failed,hits.hits.sort',
    },
    body: {
      size,
      sort: ['_seq_no'],
      track_total_hits: false,
      _source: false,
      stored_fields: '_none_',
      stats: [ownSearches],
      query: partitionQuery(task, range),
    },
    signal,
  })
  const { total = 0, successful = 0, failed = 1 } = answer._shards ?? {}
  if (total !== 1 || successful !== 1 || failed !== 0 || answer.timed_out !== false) {
    throw new ShardferryError(
      'response-partial',
      `The sequence numbers of shard ${range.shard} of ${task.source} came in part: ${successful} of ${total} shards answered.`,
      { recovery: 'retry', hint: 'Look at the health of the source; they are asked for again.' },
    )
  }
  return (answer.hits?.hits ?? []).map(({ sort }) => sort[0])
}
