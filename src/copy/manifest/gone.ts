/**
 * Which documents were copied and are gone from the source. Invariant: every document that was live when a settled
 * partition was read and matches no live sequence number at or below the rounds' checkpoints now, in whatever version, is
 * named; so is one that only moved above them. Whoever deletes by this looks at the documents first.
 *
 * A number stands for one version of one document. Of a partition's range all live numbers are in its manifest, so where
 * the source counts as many as are listed, none is gone and nothing need be read; unless earlier attempts have left more.
 */
import { join } from 'node:path'
import type { Listed, Partition, SeqNoRange, Settled } from '../../model/documents.ts'
import type { IndexTask } from '../../model/plan.ts'
import { hasLeftovers, readLeftovers, readManifest } from './folder.ts'
import type { LiveNumbers } from './live-numbers.ts'
import type { Row } from './rows.ts'
import { Spill } from './spill.ts'

/** What of a round the comparison needs. */
export interface ListedRound {
  readonly round: number
  readonly partitions: readonly Partition[]
  readonly settled: ReadonlyMap<string, Settled>
  readonly again: readonly SeqNoRange[]
}

export interface GoneParts {
  /** Of the manifests. */
  readonly folder: string
  readonly live: LiveNumbers
  /** For each request to the source: again and again, where it fails for a passing reason. */
  readonly patiently: <T>(act: () => Promise<T>, signal: AbortSignal) => Promise<T>
}

/** @throws ShardferryError `manifest-unreadable` where not all that was copied is listed */
export async function* gonePlaces(
  task: IndexTask,
  rounds: readonly ListedRound[],
  parts: GoneParts,
  signal: AbortSignal,
): AsyncIterable<Listed> {
  const again = rounds.flatMap(round => round.again)
  using spill = new Spill(join(parts.folder, 'comparing'), task.versionFrom === 'seq-no' ? 'seq-no' : 'own')
  const whole: Piece[] = []
  for (const piece of piecesOf(rounds)) {
    const left = hasLeftovers(parts.folder, piece.partition)
    if (piece.listed === 0 && !left) continue
    if (!left && (await allLive(task, piece, again, parts, signal))) whole.push(piece)
    else await spillGone(task, piece, spill, parts, signal)
  }
  if (spill.gone === 0) return
  // A document whose number went may stand at one that came in a later round.
  for (const { partition, listed } of whole)
    if (partition.round > 0) readManifest(parts.folder, partition, listed, row => spill.add(row, 'live'))
  yield* spill.places()
}

interface Piece {
  readonly partition: Partition
  readonly range: SeqNoRange
  readonly listed: number
}

function* piecesOf(rounds: readonly ListedRound[]): Iterable<Piece> {
  for (const { partitions, settled } of rounds)
    for (const partition of partitions) {
      const { listed } = settled.get(partition.id) ?? {}
      if (partition.range.by === 'seq-no' && listed !== undefined) yield { partition, range: partition.range, listed }
    }
}

/** Whether everything that was copied is listed. */
export function allListed(rounds: readonly ListedRound[]): boolean {
  return rounds.every(({ settled }) =>
    [...settled.values()].every(({ listed, counts }) => listed !== undefined || counts.read === 0),
  )
}

/**
 * What was hidden when the partition was read, and was read again as a primary changed, is live and not in its manifest:
 * there equal numbers say nothing.
 */
async function allLive(
  task: IndexTask,
  { range, listed }: Piece,
  again: readonly SeqNoRange[],
  { live, patiently }: GoneParts,
  signal: AbortSignal,
): Promise<boolean> {
  if (again.some(({ shard, from, to }) => shard === range.shard && from <= range.to && to >= range.from)) return false
  return (await patiently(() => live.count(task, range, signal), signal)) === listed
}

/** Numbers whose liveness is held in memory at once, as a bit each. */
const windowWidth = 2 ** 26

async function spillGone(
  task: IndexTask,
  { partition, range, listed }: Piece,
  spill: Spill,
  { folder, live, patiently }: GoneParts,
  signal: AbortSignal,
): Promise<void> {
  for (let from = range.from; from <= range.to; from += windowWidth) {
    const to = Math.min(range.to, from + windowWidth - 1)
    const bits = new Uint8Array(Math.ceil((to - from + 1) / 8))
    const mark = (seqNo: number): void => void (bits[(seqNo - from) >> 3]! |= 1 << ((seqNo - from) & 7))
    await patiently(() => live.each(task, { ...range, from, to }, mark, signal), signal)
    const sort = (row: Row): void => {
      if (row.seqNo < from || row.seqNo > to) return
      const isLive = (bits[(row.seqNo - from) >> 3]! & (1 << ((row.seqNo - from) & 7))) !== 0
      if (!isLive) spill.add(row, 'gone')
      else if (partition.round > 0) spill.add(row, 'live')
    }
    readManifest(folder, partition, listed, sort)
    readLeftovers(folder, partition, sort)
  }
}
