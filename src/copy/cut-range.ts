import type { SeqNoRange } from '../model/documents.ts'
import type { IndexTask } from '../model/plan.ts'

export interface PartitionSize {
  /** Live documents in a partition, at most about. */
  readonly partitionDocs: number
  /** Bytes of `_source` in a partition, at most about. */
  readonly partitionBytes: number
}

/** How many documents of this index make a partition, going by the plan's sample. */
export function docsInPartition({ estimate }: IndexTask, { partitionDocs, partitionBytes }: PartitionSize): number {
  const docBytes = estimate.docs > 0 ? estimate.bytes / estimate.docs : 0
  return Math.max(1, Math.min(partitionDocs, docBytes > 0 ? Math.floor(partitionBytes / docBytes) : partitionDocs))
}

export interface CountedRange {
  readonly from: number
  readonly to: number
  readonly docs: number
}

/**
 * Cuts a range of sequence numbers into pieces of about `limit` live documents. Updates and deletes leave gaps, so equal
 * widths are not equal loads: each piece is counted, and one that is far too full is cut again. Empty pieces are left
 * out. The pieces are disjoint, in order, and cover every number that has a live document.
 */
export async function cutRange(
  range: CountedRange,
  limit: number,
  count: (from: number, to: number) => Promise<number>,
): Promise<CountedRange[]> {
  if (range.docs === 0) return []
  const width = range.to - range.from + 1
  const pieces = Math.min(width, Math.round(range.docs / limit))
  if (pieces < 2) return [range]
  const cut: CountedRange[] = []
  for (let i = 0; i < pieces; i++) {
    const from = range.from + Math.floor((width * i) / pieces)
    const to = range.from + Math.floor((width * (i + 1)) / pieces) - 1
    // Each is counted, the last one too: counts of different moments do not subtract.
    const docs = await count(from, to)
    const piece = { from, to, docs }
    if (docs > 1.5 * limit) cut.push(...(await cutRange(piece, limit, count)))
    else if (docs > 0) cut.push(piece)
  }
  return cut
}

export function describeRange(range: SeqNoRange): string {
  return `s${range.shard}.${range.from}-${range.to}`
}
