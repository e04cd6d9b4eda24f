/**
 * Invariant: a document is called different only after two looks at both sides, each after a refresh and apart in time,
 * that saw the same difference. What was only on its way in between settles; what was written on the source after the
 * checkpoint is left to the next comparison.
 */
import type { ShardMark } from '../model/entries.ts'
import type { World } from '../model/ports.ts'
import type { DifferenceKind, VerifyLevel } from '../model/verification.ts'
import { afterEvery, placeOf } from './compared-index.ts'
import type { ComparedIndex } from './compared-index.ts'
import { hitsOfShard, look, refreshBoth, sameness } from './look.ts'
import type { Sight } from './look.ts'
import type { Patience } from './patience.ts'

/** A document that was seen different, as the last look saw it. */
export interface Suspect {
  readonly id: string
  readonly routing: string | undefined
  readonly kind: DifferenceKind
  readonly sourceVersion: bigint | undefined
  readonly targetVersion: bigint | undefined
  readonly seqNo: bigint | undefined
}

export interface SettleTally {
  lookedAt: number
  looks: number
  equalByValue: number
  afterCheckpoint: number
}

/** Waits between looks; so many looks at most, and one more. */
export const waitsMs = [500, 1_000, 2_000, 4_000] as const

/** What is different in a sight; undefined for nothing. `equalByValue` is told of sources with other bytes and the same values. */
export function judge(
  index: ComparedIndex,
  level: VerifyLevel,
  { id, routing, source, target }: Sight,
  onEqualByValue: () => void,
): Suspect | undefined {
  const suspect = (kind: DifferenceKind): Suspect => ({
    id,
    routing,
    kind,
    sourceVersion: source?.version,
    targetVersion: target?.version,
    seqNo: source?.seqNo,
  })
  if (!source) return suspect('extra')
  if (!target) return suspect('missing')
  if (level !== 'full') return index.versions && target.version < source.version ? suspect('stale') : undefined
  const same = sameness(source.source, target.source)
  if (same === 'none') return suspect('stale')
  if (same === 'values') onEqualByValue()
  return undefined
}

/** The first look: at every document that may be different. Gives those that are, at most `limit` and one. */
export async function firstLook(
  index: ComparedIndex,
  level: VerifyLevel,
  ids: readonly string[],
  limit: number,
  tally: SettleTally,
  patience: Patience,
  signal: AbortSignal,
): Promise<Suspect[]> {
  const suspects: Suspect[] = []
  const atOnce = 5_000
  for (let from = 0; from < ids.length && suspects.length <= limit; from += atOnce) {
    await look(
      index,
      ids.slice(from, from + atOnce),
      level,
      sights => {
        tally.lookedAt += sights.length
        for (const sight of sights) {
          const suspect = judge(index, level, sight, () => tally.equalByValue++)
          if (suspect) suspects.push(suspect)
        }
      },
      patience,
      signal,
    )
  }
  return suspects
}

/** Looks again and again at suspects until each has settled or is real. */
export async function settle(
  index: ComparedIndex,
  level: VerifyLevel,
  first: readonly Suspect[],
  marks: readonly ShardMark[],
  tally: SettleTally,
  parts: Patience & { readonly world: World },
  signal: AbortSignal,
): Promise<Suspect[]> {
  const real: Suspect[] = []
  let pending = first.filter(suspect => !isAfter(suspect, marks))
  tally.afterCheckpoint += first.length - pending.length
  for (const waitMs of waitsMs) {
    if (pending.length === 0) return real
    tally.looks++
    await parts.world.sleep(waitMs, signal)
    await refreshBoth(index, parts, signal)
    const before = new Map(pending.map(suspect => [placeOf(suspect.id, suspect.routing), suspect]))
    pending = []
    await look(
      index,
      [...new Set([...before.values()].map(({ id }) => id))],
      level,
      sights => {
        for (const sight of sights) {
          const was = before.get(placeOf(sight.id, sight.routing))
          if (!was) continue
          const now = judge(index, level, sight, () => tally.equalByValue++)
          if (!now) continue
          if (isAfter(now, marks)) tally.afterCheckpoint++
          else if (isSame(was, now)) real.push(now)
          else pending.push(now)
        }
      },
      parts,
      signal,
    )
  }
  // Still moving after the last look: told as they were seen last.
  return [...real, ...pending]
}

/**
 * With several shards a number may be above one checkpoint and below another's: the shard has to be asked for. One that has
 * gone since it was seen was written, and deleted, after the checkpoint.
 */
export async function withoutLater(
  index: ComparedIndex,
  suspects: readonly Suspect[],
  marks: readonly ShardMark[],
  tally: SettleTally,
  patience: Patience,
  signal: AbortSignal,
): Promise<Suspect[]> {
  const isDoubtful = ({ seqNo }: Suspect): boolean => seqNo !== undefined && marks.some(mark => seqNo > BigInt(mark.upTo))
  const ids = [...new Set(suspects.filter(isDoubtful).map(({ id }) => id))]
  if (ids.length === 0) return [...suspects]
  const earlier = new Set<string>()
  for (const mark of marks)
    for await (const hit of hitsOfShard(index.source, ids, mark.shard, patience, signal))
      if (hit.seqNo === undefined || hit.seqNo <= BigInt(mark.upTo)) earlier.add(placeOf(hit.id, hit.routing))
  const left = suspects.filter(one => !isDoubtful(one) || earlier.has(placeOf(one.id, one.routing)))
  tally.afterCheckpoint += suspects.length - left.length
  return left
}

function isAfter({ seqNo }: Suspect, marks: readonly ShardMark[]): boolean {
  return seqNo !== undefined && afterEvery(marks, seqNo)
}

function isSame(a: Suspect, b: Suspect): boolean {
  return a.kind === b.kind && a.sourceVersion === b.sourceVersion && a.targetVersion === b.targetVersion
}
