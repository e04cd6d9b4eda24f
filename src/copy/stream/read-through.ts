import type { Cluster } from '../../cluster/cluster.ts'
import { closeScroll, firstPage, nextPage } from '../../cluster/scroll.ts'
import type { HeldPage, Scroll } from '../../cluster/scroll.ts'
import type { Batch, Partition } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Copies } from './copies.ts'
import type { PageSizes } from './page-size.ts'
import { searchBody } from './search-body.ts'
import { toBatch } from './to-batch.ts'

/**
 * Longest rest between two pages; one that takes longer costs a second reading of the partition. A process that is killed leaves
 * its scrolls for as long, and a copy of a shard that leaves its node meanwhile is not set up there again before they are gone.
 */
const keepAlive = '2m'

/** Documents that a search counted, and those that its pages had. */
export interface Tally {
  readonly read: number
  /** Undefined where the server did not count. */
  readonly total: number | undefined
}

/** What every way of reading needs. */
export interface ReadParts {
  readonly source: Cluster
  readonly copies: Copies
  readonly sizes: PageSizes
}

/** Reads a partition from its beginning to its end, in pages of `pageDocs` documents. */
export async function* readThrough(
  { source, copies, sizes }: ReadParts,
  task: IndexTask,
  partition: Partition,
  pageDocs: number,
  signal: AbortSignal,
): AsyncGenerator<Batch, Tally> {
  const { range } = partition
  const shards = range.by === 'seq-no' ? 1 : 'some'
  const limits = { shards, maxBytes: sizes.ceiling(pageDocs) } as const
  // One page that holds everything needs no scroll, and leaves nothing on the source to clean up.
  const single = range.by === 'seq-no' && partition.estimatedDocs <= pageDocs
  const body = searchBody(source, task, range, pageDocs)
  const first = (keptAlive: string | undefined): Promise<HeldPage> => {
    const search = (preference?: string): Promise<HeldPage> =>
      firstPage(source, task.source, { body, preference, keepAlive: keptAlive }, limits, signal)
    return range.by === 'seq-no' ? copies.reach(task, range.shard, search, signal) : search()
  }
  let scroll: Scroll | undefined
  let read = 0
  try {
    let page = await first(single ? undefined : keepAlive)
    if (single && (page.total ?? 0) > pageDocs) {
      // More than were counted when the partition was cut.
      page.release()
      page = await first(keepAlive)
    }
    scroll = page.scroll
    const total = page.total
    while (page.hits.length > 0) {
      read += page.hits.length
      const batch = toBatch(task, page)
      sizes.learn(task, batch.docs.length, batch.bytes)
      yield batch
      if (read === total) break
      if (!scroll) break
      page = await nextPage(source, scroll, keepAlive, limits, signal)
      scroll = page.scroll ?? scroll
    }
    if (page.hits.length === 0) page.release()
    return { read, total }
  } finally {
    if (scroll) await closeScroll(source, scroll)
  }
}
