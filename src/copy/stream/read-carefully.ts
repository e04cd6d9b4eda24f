/**
 * Invariant: as of `readThrough`, every document once, or the tally tells. A range of sequence numbers is read in pieces of a
 * page each. A piece whose page cannot be read is cut into smaller ones, down to single documents, which may be of any
 * size; what is around them still comes in pages. A document that is written meanwhile leaves the
 * range, as it does from a search: the next round has it.
 */
import { firstPage } from '../../cluster/scroll.ts'
import type { HeldPage } from '../../cluster/scroll.ts'
import type { Batch, Partition, SeqNoRange } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import { readThrough } from './read-through.ts'
import type { ReadParts, Tally } from './read-through.ts'
import { searchBody } from './search-body.ts'
import { toBatch } from './to-batch.ts'

/** Each level costs the source one answer that is given up, and some small ones: more pieces make fewer levels. */
const piecesPerCut = 32

export async function* readCarefully(
  parts: ReadParts,
  task: IndexTask,
  partition: Partition,
  signal: AbortSignal,
): AsyncGenerator<Batch, Tally> {
  const { range } = partition
  // Only numbers of one shard can be told apart beforehand.
  if (range.by !== 'seq-no') return yield* readThrough(parts, task, partition, 1, signal)
  const pageDocs = parts.sizes.of(task)
  const pending = cut(range, Math.max(1, Math.ceil(partition.estimatedDocs / pageDocs)))
  let read = 0
  let total = 0
  for (let piece = pending.pop(); piece; piece = pending.pop()) {
    const page = await readPiece(parts, task, piece, pageDocs, signal)
    const found = page?.hits.length ?? 0
    if (page && (found === page.total || piece.from === piece.to)) {
      read += found
      total += page.total ?? 0
      if (found > 0) yield toBatch(task, page)
      else page.release()
    } else {
      page?.release()
      pending.push(...cut(piece, piecesPerCut))
    }
  }
  return { read, total }
}

/** Undefined for a page that smaller pieces may do better than. */
async function readPiece(
  { source, copies, sizes }: ReadParts,
  task: IndexTask,
  piece: SeqNoRange,
  pageDocs: number,
  signal: AbortSignal,
): Promise<HeldPage | undefined> {
  const lone = piece.from === piece.to
  const body = searchBody(source, task, piece, lone ? 1 : pageDocs)
  const limits = { shards: 1, maxBytes: sizes.ceiling(lone ? 1 : 2) }
  try {
    return await copies.reach(
      task,
      piece.shard,
      preference => firstPage(source, task.source, { body, preference }, limits, signal),
      signal,
    )
  } catch (thrown) {
    const tooMuch =
      thrown instanceof ShardferryError &&
      (thrown.code === 'page-too-large' ||
        thrown.code === 'response-unreadable' ||
        thrown.serverType === 'circuit_breaking_exception')
    if (lone || !tooMuch) throw thrown
    return undefined
  }
}

/** Pieces of equal width, the first one last, as they are taken from the end. */
function cut(range: SeqNoRange, pieces: number): SeqNoRange[] {
  const width = range.to - range.from + 1
  const parts = Math.min(width, pieces)
  return Array.from({ length: parts }, (_, i) => ({
    ...range,
    from: range.from + Math.floor((width * i) / parts),
    to: range.from + Math.floor((width * (i + 1)) / parts) - 1,
  })).toReversed()
}
