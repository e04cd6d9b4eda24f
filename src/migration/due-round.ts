import { indexWriteBlocked } from '../cluster/shards.ts'
import type { RoundState } from '../journal/fold.ts'
import { markOf } from '../model/entries.ts'
import type { RoundOpened, ShardMark } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Migration } from './migration.ts'
import { sourceRested } from './source-rested.ts'

/**
 * first: the first pass of a run. again: a later one. following: one of many, which need not wait for operations that are
 * not safe yet, as the next comes soon.
 */
export type Pass = 'first' | 'again' | 'following'

export type DueRound = Pick<RoundOpened, 'round' | 'shards' | 'partitions'>

/**
 * The round an index is due: the open one of an earlier run, or a new one from the last checkpoints to where the source
 * stands now; undefined when it stands there already. An index that is no longer the one that was planned is never read on.
 * Slices have no checkpoints: in the first pass, where the source may have changed, they are all read again.
 */
export async function dueRound(m: Migration, task: IndexTask, pass: Pass, signal: AbortSignal): Promise<DueRound | undefined> {
  const last = lastRound(m, task)
  const asOf = m.memory.state.lastNumber
  const marks = pass === 'following' ? await m.reader.marks(task, signal) : await restingMarks(m, task, last, signal)
  requireLineage(task, last, marks)
  if (last && !last.closed) {
    journalLook(m, task, asOf, marks)
    return last
  }
  if (task.read.by !== 'seq-no') {
    const writeBlocked = await indexWriteBlocked(m.source, task.source, signal)
    if (last && (pass !== 'first' || sourceRested(last, marks, writeBlocked) === 'rested')) return undefined
    return await openRound(m, task, last, { shards: marks, writeBlocked }, signal)
  }
  const again = m.memory.state.indices.get(task.source)?.unconfirmed.toReadAgain(marks) ?? []
  if (last && again.length === 0 && !movedOn(marks, last)) {
    remember(m, task, asOf, marks)
    return undefined
  }
  // A primary that has just become one may know an older checkpoint than was seen; what was seen still holds.
  const shards = marks.map(mark => ({ ...mark, upTo: Math.max(mark.upTo, markOf(last?.shards, mark.shard)?.upTo ?? -1) }))
  return await openRound(m, task, last, again.length > 0 ? { shards, again } : { shards }, signal)
}

async function openRound(
  m: Migration,
  task: IndexTask,
  last: RoundState | undefined,
  found: Pick<RoundOpened, 'shards' | 'again' | 'writeBlocked'>,
  signal: AbortSignal,
): Promise<RoundOpened> {
  const round = last ? last.round + 1 : 0
  const since = last && { shards: last.shards, again: found.again ?? [] }
  const partitions = await m.reader.partitions(task, round, since, found.shards, signal)
  // Whoever stopped the run meanwhile has written its end into the journal.
  signal.throwIfAborted()
  const opened: RoundOpened = { type: 'round-opened', index: task.source, round, partitions, ...found }
  m.memory.append(opened)
  m.world.reached('round-opened')
  return opened
}

/** Looks where the shards stand while a round is under way: what was read until now is confirmed by that, or found to be in doubt. */
export async function observe(m: Migration, task: IndexTask, signal: AbortSignal): Promise<void> {
  const asOf = m.memory.state.lastNumber
  const marks = await m.reader.marks(task, signal)
  requireLineage(task, lastRound(m, task), marks)
  journalLook(m, task, asOf, marks)
}

/** Journals a look after the last round, where it can confirm what was read. @param asOf the last entry before the look */
export function remember(m: Pick<Migration, 'memory'>, task: IndexTask, asOf: number, shards: readonly ShardMark[]): void {
  if (m.memory.state.indices.get(task.source)?.unconfirmed.any) journalLook(m, task, asOf, shards)
}

function journalLook(m: Pick<Migration, 'memory'>, task: IndexTask, asOf: number, shards: readonly ShardMark[]): void {
  if (task.read.by !== 'seq-no') return
  const worth = m.memory.state.indices.get(task.source)?.unconfirmed.worth(shards) ?? shards
  if (worth.length > 0) m.memory.append({ type: 'observed', index: task.source, asOf, shards: worth })
}

/** How long operations that are not safe yet are waited for: several times an asynchronous translog's usual 5 s. */
const syncWaitMs = 30_000
const syncLookMs = 500

/**
 * Where the source stands. When a catch-up would find nothing new although numbers above the checkpoint were given out,
 * those operations are waited for: with an asynchronous translog the checkpoint follows seconds later.
 */
async function restingMarks(
  m: Migration,
  task: IndexTask,
  last: RoundState | undefined,
  signal: AbortSignal,
): Promise<readonly ShardMark[]> {
  const first = await m.reader.marks(task, signal)
  if (!last?.closed || task.read.by !== 'seq-no') return first
  const untilMs = m.world.now() + syncWaitMs
  let marks = first
  while (!movedOn(marks, last) && marks.some(mark => mark.maxSeqNo > mark.upTo) && m.world.now() < untilMs) {
    await m.world.sleep(syncLookMs, signal)
    marks = await m.reader.marks(task, signal)
  }
  return marks
}

function movedOn(marks: readonly ShardMark[], last: Pick<RoundOpened, 'shards'>): boolean {
  return marks.some(mark => mark.upTo > (markOf(last?.shards, mark.shard)?.upTo ?? -1))
}

function lastRound(m: Pick<Migration, 'memory'>, task: IndexTask): RoundState | undefined {
  return m.memory.state.indices.get(task.source)?.rounds.at(-1)
}

/** @throws ShardferryError `lineage-changed` where numbers have lost the meaning they had when a round was opened */
export function requireLineage(
  task: IndexTask,
  round: Pick<RoundOpened, 'shards'> | undefined,
  marks: readonly ShardMark[],
): void {
  for (const { shard, historyUuid } of marks) {
    const before = markOf(round?.shards, shard)
    if (!before || before.historyUuid === historyUuid) continue
    throw new ShardferryError(
      'lineage-changed',
      `Shard ${shard} of ${task.source} has a new history on the source: it was restored, or a stale copy was forced to be primary.`,
      {
        hint: 'Its sequence numbers were given out anew, so what was copied cannot be told from what was not. Copy it again under another --name.',
      },
    )
  }
}
