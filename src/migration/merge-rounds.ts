/**
 * Keeps a migration that is followed for weeks small: many short rounds become one, and their manifests one file for each
 * shard. Invariant: the joined manifest is on disk before the journal says that it counts, and those it was made of are
 * deleted after that.
 */
import { dropManifests, hasLeftovers, joinManifests } from '../copy/manifest/folder.ts'
import type { RoundState } from '../journal/fold.ts'
import { addCounts, noCounts } from '../model/documents.ts'
import type { Partition, SeqNoRange, Settled } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Migration } from './migration.ts'

/** So many short rounds in a row are made one. */
const roundsAtOnce = 64
/** What has become as large is left alone. */
const largestDocs = 50_000

/** Merges the first rounds of an index that are worth it, if there are any. Where a manifest is gone, they stay as they are. */
export function mergeRounds(m: Pick<Migration, 'memory' | 'deletes'>, task: IndexTask): void {
  try {
    mergeFirst(m, task)
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code !== 'manifest-unreadable') throw thrown
  }
}

function mergeFirst(m: Pick<Migration, 'memory' | 'deletes'>, task: IndexTask): void {
  const { rounds = [] } = m.memory.state.indices.get(task.source) ?? {}
  const run = firstRun(rounds, round => isShort(round, m.deletes.manifests.folder))
  const last = run.at(-1)
  if (!last) return
  const pieces = run.flatMap(({ partitions, settled }) =>
    partitions.map(partition => ({ partition, settled: settled.get(partition.id)! })),
  )
  const partitions: Partition[] = []
  const settled: Settled[] = []
  for (const [shard, own] of Map.groupBy(pieces, ({ partition }) => (partition.range as SeqNoRange).shard)) {
    const ranges = own.map(({ partition }) => partition.range as SeqNoRange)
    const [from, to] = [Math.min(...ranges.map(range => range.from)), Math.max(...ranges.map(range => range.to))]
    const counts = own.reduce((sum, one) => addCounts(sum, one.settled.counts), noCounts)
    const merged: Partition = {
      id: `${task.source}.r${run[0]!.round}-${last.round}.s${shard}.${from}-${to}`,
      index: task.source,
      round: last.round,
      range: { by: 'seq-no', shard, from, to },
      estimatedDocs: counts.read,
    }
    const isListed = own.every(one => one.settled.listed !== undefined)
    const listed = isListed
      ? joinManifests(
          m.deletes.manifests.folder,
          task.versionFrom,
          own.map(one => ({ partition: one.partition, listed: one.settled.listed! })),
          merged,
        )
      : undefined
    partitions.push(merged)
    settled.push({
      partition: merged.id,
      index: task.source,
      round: last.round,
      counts,
      attempts: 1,
      tookMs: own.reduce((sum, one) => sum + one.settled.tookMs, 0),
      ...(listed === undefined ? {} : { listed }),
    })
  }
  m.memory.append({ type: 'rounds-merged', index: task.source, from: run[0]!.round, to: last.round, partitions, settled })
  dropManifests(
    m.deletes.manifests.folder,
    pieces.map(({ partition }) => partition),
  )
}

/** Neither the bulk copy nor the round that others go on from. */
function firstRun(rounds: readonly RoundState[], isOne: (round: RoundState) => boolean): readonly RoundState[] {
  let run: RoundState[] = []
  for (const round of rounds.slice(1, -1)) {
    if (isOne(round)) run.push(round)
    else run = []
    if (run.length === roundsAtOnce) return run
  }
  return []
}

/** Whatever a retry, a change of primary or a failed attempt may still ask for keeps its round as it is. */
function isShort({ closed, again, partitions, settled }: RoundState, manifests: string): boolean {
  if (!closed || again.length > 0) return false
  let docs = 0
  let listed = 0
  for (const partition of partitions) {
    const one = settled.get(partition.id)
    if (!one || partition.range.by !== 'seq-no' || one.counts.setAside > 0 || hasLeftovers(manifests, partition)) return false
    docs += one.counts.read
    if (one.listed !== undefined) listed++
  }
  return docs < largestDocs && (listed === 0 || listed === partitions.length)
}
