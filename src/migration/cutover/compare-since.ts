import type { ShardMark, Verified } from '../../model/entries.ts'
import type { IndexTask } from '../../model/plan.ts'
import { placeOf } from '../../verify/compared-index.ts'
import { firstLook, settle, withoutLater } from '../../verify/settle.ts'
import type { SettleTally, Suspect } from '../../verify/settle.ts'
import { refreshBoth } from '../../verify/look.ts'
import type { Migration } from '../migration.ts'
import { patiently } from '../patiently.ts'

/** Documents asked for on both sides at once. */
const idsAtOnce = 5_000
/** Differences that are told, at most. */
const mostTold = 20

/**
 * Compares what changed on the source since an index was verified, up to marks: the same documents on both sides, by
 * content, each looked at until it has settled or is real. Gives those that are really different. While applications write,
 * what is on the target only was deleted meanwhile, and is carried over later.
 */
export async function compareSince(
  m: Migration,
  task: IndexTask,
  since: Verified['shards'],
  marks: readonly ShardMark[],
  applications: 'write' | 'are blocked',
  signal: AbortSignal,
): Promise<readonly Suspect[]> {
  const index = await m.deletes.compared(task, signal)
  const waiting = { patiently: <T>(act: () => Promise<T>, within: AbortSignal) => patiently(m, act, within), world: m.world }
  const from = marks.map(mark => ({
    ...mark,
    upTo: since.find(one => one.shard === mark.shard && one.historyUuid === mark.historyUuid)?.upTo ?? -1,
  }))
  const changed = { shards: from, again: [] }
  const partitions = await waiting.patiently(() => m.reader.partitions(task, 0, changed, marks, signal), signal)
  await refreshBoth(index, waiting, signal)
  const tally: SettleTally = { lookedAt: 0, looks: 0, equalByValue: 0, afterCheckpoint: 0 }
  const suspects: Suspect[] = []
  const look = async (ids: readonly string[]): Promise<void> =>
    void suspects.push(...(await firstLook(index, 'full', ids, mostTold, tally, waiting, signal)))
  for (const partition of partitions) {
    const ids: string[] = []
    await waiting.patiently(async () => {
      ids.length = 0
      for await (const batch of index.source.ids.read(index.source.task, partition, signal)) {
        for (const { id } of batch.docs) ids.push(id)
        batch.release()
      }
    }, signal)
    for (let at = 0; at < ids.length && suspects.length < mostTold; at += idsAtOnce) await look(ids.slice(at, at + idsAtOnce))
  }
  const refused = m.setAside(task)
  const unexplained = suspects.filter(({ id, routing }) => !refused.has(placeOf(id, routing)))
  const real = await settle(index, 'full', unexplained.slice(0, mostTold), marks, tally, waiting, signal)
  const different = await withoutLater(index, real, marks, tally, waiting, signal)
  return applications === 'write' ? different.filter(({ kind }) => kind !== 'extra') : different
}
