/**
 * What was read while an operation above the checkpoint may have hidden a document, and is not known to be safe yet.
 *
 * A round reads numbers up to the checkpoint U. A document whose newest operation b lies above U is not among them: the
 * next round has it. But until the checkpoint passes b, a change of primary rolls b back, and the document stands at or
 * below U again, where nobody looks any more. So what was read stays unconfirmed until, in the time of the same primary,
 * the checkpoint reaches the highest number that was given out when the reading was over: every operation that the
 * search can have seen is then safe. Where the primary changes first, it is read again.
 */
import type { Partition, SeqNoRange, Settled } from '../model/documents.ts'
import type { RoundOpened, ShardMark } from '../model/entries.ts'

interface Piece {
  readonly range: SeqNoRange
  /** It had been read when the entry of this number was journaled. */
  readonly by: number
}

/** One look at a shard: what was read by entry `asOf` saw no number above `maxSeqNo`. */
interface Look {
  readonly asOf: number
  readonly maxSeqNo: number
}

interface Shard {
  primary: string | undefined
  /** The first entry by which it was seen that the primary is this one. */
  since: number
  pieces: Piece[]
  looks: Look[]
  again: SeqNoRange[]
}

/** Of one index, a fold over its entries. */
export class Unconfirmed {
  readonly #shards = new Map<number, Shard>()
  /** Ranges of partitions that are not settled yet. */
  readonly #open = new Map<string, readonly SeqNoRange[]>()
  #upTo = new Map<number, number>()

  opened(entry: RoundOpened, number: number): void {
    const { shards, partitions, again = [] } = entry
    this.observed(shards, number - 1, number)
    const fresh = shards.map(({ shard, upTo }): SeqNoRange => ({
      by: 'seq-no',
      shard,
      from: (this.#upTo.get(shard) ?? -1) + 1,
      to: upTo,
    }))
    const ranges = partitions.flatMap(({ id, range }) => {
      const own = onShards(range, shards)
      if (own.length > 0) this.#open.set(id, own)
      return own
    })
    // Pieces that were counted and found empty are left out of a round: counting them was reading them.
    for (const gap of without([...again, ...fresh], ranges)) this.#shards.get(gap.shard)?.pieces.push({ range: gap, by: number })
    for (const { shard, upTo } of shards) this.#upTo.set(shard, upTo)
    for (const shard of this.#shards.values()) shard.again = []
  }

  settled({ partition }: Settled, begun: number | undefined, number: number): void {
    for (const range of this.#open.get(partition) ?? []) {
      const shard = this.#shards.get(range.shard)
      if (!shard) continue
      if (begun !== undefined && begun < shard.since) shard.again.push(range)
      else shard.pieces.push({ range, by: number })
    }
    this.#open.delete(partition)
  }

  /** @param asOf the last entry when the shards were asked where they stand @param number this entry */
  observed(marks: readonly ShardMark[], asOf: number, number: number): void {
    for (const mark of marks) {
      const shard = this.#shards.get(mark.shard)
      if (!shard) {
        const looks = [{ asOf, maxSeqNo: mark.maxSeqNo }]
        this.#shards.set(mark.shard, { primary: mark.primary, since: number, pieces: [], looks, again: [] })
        continue
      }
      if (shard.primary !== mark.primary) {
        shard.again.push(...shard.pieces.map(({ range }) => range))
        Object.assign(shard, { primary: mark.primary, since: number, pieces: [], looks: [] })
      }
      shard.looks.push({ asOf, maxSeqNo: mark.maxSeqNo })
      const safe = shard.looks.findLast(look => look.maxSeqNo <= mark.upTo)
      if (!safe) continue
      shard.pieces = shard.pieces.filter(piece => piece.by > safe.asOf)
      shard.looks = shard.looks.filter(look => look.asOf > safe.asOf)
    }
  }

  /**
   * Those marks that tell anything: of shards of which something is to be confirmed, or whose primary has changed. A look at
   * the others changes nothing, so a journal of many looks grows with what is read only.
   */
  worth(marks: readonly ShardMark[]): readonly ShardMark[] {
    return marks.filter(mark => {
      const shard = this.#shards.get(mark.shard)
      return !shard || shard.pieces.length > 0 || shard.primary !== mark.primary
    })
  }

  /** Whether another look could confirm anything. */
  get any(): boolean {
    return [...this.#shards.values()].some(({ pieces, again }) => pieces.length + again.length > 0)
  }

  /** What must be read again when the shards are found to stand there. */
  toReadAgain(marks: readonly ShardMark[]): readonly SeqNoRange[] {
    return marks.flatMap(mark => {
      const shard = this.#shards.get(mark.shard)
      if (!shard) return []
      const changed = shard.primary !== mark.primary
      return joined([...shard.again, ...(changed ? shard.pieces.map(({ range }) => range) : [])])
    })
  }
}

/** What of a partition lies at or below the marks; what a band holds above one of them is not relied on. */
function onShards(range: Partition['range'], marks: readonly ShardMark[]): readonly SeqNoRange[] {
  if (range.by === 'seq-no') return [range]
  if (range.by !== 'seq-no-band') return []
  return marks.flatMap(({ shard, upTo }): SeqNoRange[] => {
    const to = Math.min(range.to, upTo)
    return to < range.from ? [] : [{ by: 'seq-no', shard, from: range.from, to }]
  })
}

/** Ranges of one shard, in order, those that touch made one. */
function joined(ranges: readonly SeqNoRange[]): SeqNoRange[] {
  const found: SeqNoRange[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (last && range.from <= last.to + 1) found[found.length - 1] = { ...last, to: Math.max(last.to, range.to) }
    else found.push(range)
  }
  return found
}

/** What of the ranges lies in no part. */
function without(ranges: readonly SeqNoRange[], parts: readonly SeqNoRange[]): SeqNoRange[] {
  const byShard = Map.groupBy(
    parts.toSorted((a, b) => a.from - b.from),
    ({ shard }) => shard,
  )
  return ranges.flatMap(range => {
    const gaps: SeqNoRange[] = []
    let from = range.from
    for (const part of byShard.get(range.shard) ?? []) {
      if (part.to < from || part.from > range.to) continue
      if (part.from > from) gaps.push({ ...range, from, to: part.from - 1 })
      from = part.to + 1
    }
    return from > range.to ? gaps : [...gaps, { ...range, from }]
  })
}
