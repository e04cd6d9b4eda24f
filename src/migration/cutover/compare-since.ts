import type { ShardMark, Verified } from '../../model/entries.ts'
import type { IndexTask } from '../../model/plan.ts'
import { placeOf } from '../../verify/compared-index.ts'
import type { SideOfIndex } from '../../verify/compared-index.ts'
import { refreshBoth } from '../../verify/look.ts'
import { firstLook, settle, withoutLater } from '../../verify/settle.ts'
import type { SettleTally, Suspect } from '../../verify/settle.ts'
import type { Migration } from '../migration.ts'
import { patiently } from '../patiently.ts'

/** What a side was given after it was looked at, up to where it stands. */
export interface Newer {
  readonly since: Verified['shards']
  readonly upTo: readonly ShardMark[]
}

/** What is to be compared. */
export interface ToCompare {
  /** Up to where the source is copied; what is newer there is left to the next comparison. */
  readonly copied: readonly ShardMark[]
  readonly source: Newer | undefined
  readonly target: Newer | undefined
  /** Documents that were left over. */
  readonly left: readonly string[]
}

export interface Found {
  /** Not all of them, where there are many. */
  readonly different: readonly Suspect[]
  /** What only the target had while applications wrote: deleted meanwhile and carried over later, or not. To be looked at again. */
  readonly left: readonly string[]
}

/** Documents asked for on both sides at once. */
const idsAtOnce = 5_000
/** Documents looked at again together. */
const suspectsAtOnce = 5_000
/** Once so many are found to be different, no more are looked for. */
const mostTold = 20

/**
 * Compares the documents that either side was given since: by content, each looked at until it has settled or is real.
 * Those that are set aside are known to differ.
 */
export async function compareSince(
  m: Migration,
  task: IndexTask,
  { copied, source, target, left }: ToCompare,
  applications: 'write' | 'are blocked',
  signal: AbortSignal,
): Promise<Found> {
  const index = await m.deletes.compared(task, signal)
  const waiting = { patiently: <T>(act: () => Promise<T>, within: AbortSignal) => patiently(m, act, within), world: m.world }
  const tally: SettleTally = { lookedAt: 0, looks: 0, equalByValue: 0, afterCheckpoint: 0 }
  const refused = m.setAside(task)
  const different: Suspect[] = []
  const again: string[] = []
  let suspects: Suspect[] = []
  const take = (found: readonly Suspect[], into: Suspect[]): void => {
    for (const one of found)
      if (applications === 'write' && one.kind === 'extra') again.push(one.id)
      else if (!refused.has(placeOf(one.id, one.routing))) into.push(one)
  }
  const settleThem = async (): Promise<void> => {
    const real = await settle(index, 'full', suspects, copied, tally, waiting, signal)
    suspects = []
    take(await withoutLater(index, real, copied, tally, waiting, signal), different)
  }
  await refreshBoth(index, waiting, signal)
  for await (const ids of groups()) {
    const seen = await firstLook(index, 'full', ids, Infinity, tally, waiting, signal)
    take(await withoutLater(index, seen, copied, tally, waiting, signal), suspects)
    if (suspects.length >= suspectsAtOnce) await settleThem()
    if (different.length >= mostTold) break
  }
  await settleThem()
  return { different, left: again }

  async function* groups(): AsyncIterable<readonly string[]> {
    yield* inGroups(left)
    if (source) yield* newerIds(index.source, source)
    if (target && index.target) yield* newerIds(index.target, target)
  }

  async function* newerIds(side: SideOfIndex, { since, upTo }: Newer): AsyncIterable<readonly string[]> {
    const from = upTo.map(mark => ({
      ...mark,
      upTo: since.find(one => one.shard === mark.shard && one.historyUuid === mark.historyUuid)?.upTo ?? -1,
    }))
    const changed = { shards: from, again: [] }
    const partitions = await waiting.patiently(() => side.ids.partitions(side.task, 0, changed, upTo, signal), signal)
    for (const partition of partitions) {
      const ids: string[] = []
      await waiting.patiently(async () => {
        ids.length = 0
        for await (const batch of side.ids.read(side.task, partition, signal)) {
          for (const { id } of batch.docs) ids.push(id)
          batch.release()
        }
      }, signal)
      yield* inGroups(ids)
    }
  }
}

function* inGroups(ids: readonly string[]): Iterable<readonly string[]> {
  for (let at = 0; at < ids.length; at += idsAtOnce) yield ids.slice(at, at + idsAtOnce)
}
