/**
 * How far the target is behind. Invariant: seconds never say less than it is. What the source had when it was looked at is
 * on the target once everything up to the numbers of that look is copied; whatever is missing was written after the newest
 * such look, so its age is at most the time since then.
 */
import { markOf } from '../model/entries.ts'
import type { ShardMark } from '../model/entries.ts'
import type { Lag } from '../model/progress.ts'
import type { ShardStanding } from '../cluster/standings.ts'

interface Look {
  readonly atMs: number
  readonly shards: readonly ShardStanding[]
}

/** Looks that are kept for an index, at most; of more, every second one of the older half is forgotten, which only makes seconds larger. */
const mostLooks = 512

export class LagMeter {
  readonly #looks = new Map<string, Look[]>()

  /** @param atMs when the look began */
  looked(index: string, atMs: number, shards: readonly ShardStanding[]): void {
    const looks = this.#looks.get(index) ?? []
    this.#looks.set(index, looks)
    looks.push({ atMs, shards })
    if (looks.length > mostLooks) looks.splice(0, mostLooks / 2, ...looks.slice(0, mostLooks / 2).filter((_, n) => n % 2 === 0))
  }

  /** Undefined where the index was not looked at. @param copied up to where everything is on the target */
  of(index: string, copied: readonly ShardMark[] | undefined, nowMs: number): Lag | undefined {
    const looks = this.#looks.get(index)
    const last = looks?.at(-1)
    if (!looks || !last) return undefined
    const operations = behind(last, copied)
    const covered = looks.findLastIndex(look => behind(look, copied) === 0)
    if (covered > 0) looks.splice(0, covered)
    if (operations === 0) return { operations: 0, seconds: 0 }
    return { operations, seconds: covered < 0 ? null : Math.max(0, (nowMs - looks[0]!.atMs) / 1000) }
  }
}

function behind({ shards }: Look, copied: readonly ShardMark[] | undefined): number {
  return shards.reduce((sum, { shard, maxSeqNo }) => sum + Math.max(0, maxSeqNo - (markOf(copied, shard)?.upTo ?? -1)), 0)
}

/** Of several indices: all that is missing, and the oldest of it. */
export function addLags(lags: readonly (Lag | null)[]): Lag | null {
  const known = lags.filter(lag => lag !== null)
  if (known.length === 0) return null
  return known.reduce((sum, { operations, seconds }) => ({
    operations: sum.operations + operations,
    seconds: sum.seconds === null || seconds === null ? null : Math.max(sum.seconds, seconds),
  }))
}
