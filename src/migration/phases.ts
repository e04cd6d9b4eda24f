import { retried } from '../flow/backoff.ts'
import { indexUuid } from '../cluster/shards.ts'
import type { RoundState } from '../journal/fold.ts'
import type { RoundOpened, ShardMark } from '../model/entries.ts'
import { exactPart } from '../metadata/tune.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Work } from '../model/ports.ts'
import type { Migration } from './migration.ts'
import { applyStep, undoStep } from './run-steps.ts'

/** Makes the target indices, and remembers the uuid each got. */
export async function createTargets(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of m.tasks) {
    if (task.action === 'create') {
      const step = m.steps.create(task, change => m.memory.append({ type: 'changed', index: task.source, change }))
      await patiently(m, () => applyStep(step, m.memory, m.world, signal), signal)
    }
  }
  await confirmTargets(m, signal)
}

/**
 * Every target index must be the one that was made, before the copy and after it: a bulk request into a name that was
 * deleted meanwhile makes a new index there, with guessed mappings.
 */
export async function confirmTargets(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of m.tasks) await confirmTarget(m, task, signal)
}

async function confirmTarget(m: Migration, task: IndexTask, signal: AbortSignal): Promise<void> {
  const uuid = await patiently(m, () => indexUuid(m.target, task.target, signal), signal)
  const known = m.memory.state.created.get(task.source)
  if (uuid !== undefined && known === undefined)
    return m.memory.append({ type: 'created', index: task.source, target: task.target, uuid })
  if (uuid === known && uuid !== undefined) return
  throw new ShardferryError(
    'target-changed',
    `The target index ${task.target} was ${uuid === undefined ? 'deleted' : 'deleted and created anew'} since this migration made it.`,
    {
      hint: 'What was copied is gone with it. Start over under another name: --name NAME. Tuned settings are given back by: shardferry complete.',
    },
  )
}

/** Tunes for the bulk copy; an index that has been through it may be in use, and only catches up. */
export async function tuneTargets(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of tuned(m)) {
    const bulkDone = m.memory.state.indices.get(task.source)?.rounds[0]?.closed === true
    const step = m.steps.tune(bulkDone ? { ...task, tuning: exactPart(task.tuning) } : task)
    await patiently(m, () => applyStep(step, m.memory, m.world, signal), signal)
  }
}

/** Gives every tuned setting its captured value back; also after a crash, by whichever run comes next. */
export async function restoreTuning(
  m: Pick<Migration, 'tasks' | 'steps' | 'memory' | 'world' | 'giveUpAfterMs' | 'tally' | 'throttler'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const restored: string[] = []
  for (const task of tuned(m)) {
    const step = m.steps.tune(task)
    if (await patiently(m, () => undoStep(step, m.memory, signal), signal)) restored.push(step.describe())
  }
  return restored
}

export async function setAliases(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of m.tasks) {
    if (Object.keys(task.aliases).length > 0)
      await patiently(m, () => applyStep(m.steps.aliases(task), m.memory, m.world, signal), signal)
  }
}

function tuned(m: Pick<Migration, 'tasks'>): readonly IndexTask[] {
  return m.tasks.filter(task => Object.keys(task.tuning).length > 0)
}

/**
 * Copies round after round until the source has nothing newer than the last checkpoint. Round 0 is the bulk copy. An
 * open round of an earlier run goes on with the partitions it had; a finished migration catches up.
 */
export async function copyAll(m: Migration, signal: AbortSignal): Promise<void> {
  for (let pass = 0; pass <= m.catchUpRounds; pass++) {
    const moved = await copyPass(m, signal)
    if (!moved) return
    m.tally.phase = 'catching-up'
  }
}

/** One round of every index that has anything to move; largest index first. Gives whether there was anything. */
async function copyPass(m: Migration, signal: AbortSignal): Promise<boolean> {
  let moved = false
  const open = new Map<string, number>()
  async function* work(): AsyncIterable<Work> {
    for (const task of m.tasks.toSorted((a, b) => b.estimate.docs - a.estimate.docs)) {
      const round = await patiently(m, () => dueRound(m, task, signal), signal)
      if (!round) continue
      const settled = m.memory.state.indices.get(task.source)?.rounds.find(known => known.round === round.round)?.settled
      const pending = round.partitions.filter(partition => !settled?.has(partition.id))
      open.set(task.source, pending.length)
      moved = true
      if (pending.length === 0) closeRound(m, task.source, round.round)
      for (const partition of pending) yield { task, partition }
    }
  }
  for await (const settled of m.dispatcher.run(work(), signal)) {
    m.memory.append({ type: 'settled', settled })
    m.world.reached('partition-settled')
    const left = (open.get(settled.index) ?? 1) - 1
    open.set(settled.index, left)
    if (left === 0) closeRound(m, settled.index, settled.round)
  }
  return moved
}

/**
 * The round an index is due: the open one of an earlier run, or a new one from the last checkpoints to where the source
 * stands now; undefined when it stands there already. An index that is no longer the one that was planned is never read on.
 */
async function dueRound(m: Migration, task: IndexTask, signal: AbortSignal): Promise<DueRound | undefined> {
  const last = m.memory.state.indices.get(task.source)?.rounds.at(-1)
  const marks = await restingMarks(m, task, last, signal)
  for (const mark of marks) {
    const before = markOf(last, mark.shard)
    if (before && before.historyUuid !== mark.historyUuid) throw newLineage(task, mark.shard)
  }
  if (last && !last.closed) return last
  if (last && (task.read.by !== 'seq-no' || !movedOn(marks, last))) return undefined
  const round = last ? last.round + 1 : 0
  const partitions = await m.reader.partitions(task, round, last?.shards, marks, signal)
  const opened: RoundOpened = { type: 'round-opened', index: task.source, round, shards: marks, partitions }
  m.memory.append(opened)
  m.world.reached('round-opened')
  return opened
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
  if (!last?.closed) return first
  const untilMs = m.world.now() + syncWaitMs
  let marks = first
  while (!movedOn(marks, last) && marks.some(mark => mark.maxSeqNo > mark.upTo) && m.world.now() < untilMs) {
    await m.world.sleep(syncLookMs, signal)
    marks = await m.reader.marks(task, signal)
  }
  return marks
}

function movedOn(marks: readonly ShardMark[], last: Pick<RoundOpened, 'shards'>): boolean {
  return marks.some(mark => mark.upTo > (markOf(last, mark.shard)?.upTo ?? -1))
}

type DueRound = Pick<RoundOpened, 'round' | 'shards' | 'partitions'>

function markOf(round: Pick<RoundOpened, 'shards'> | undefined, shard: number): ShardMark | undefined {
  return round?.shards.find(mark => mark.shard === shard)
}

function closeRound(m: Migration, index: string, round: number): void {
  m.memory.append({ type: 'round-closed', index, round })
  m.world.reached('round-closed')
}

export function newLineage(task: IndexTask, shard: number): ShardferryError {
  return new ShardferryError(
    'lineage-changed',
    `Shard ${shard} of ${task.source} has a new history on the source: it was restored, or a stale copy was forced to be primary.`,
    {
      hint: 'Its sequence numbers were given out anew, so what was copied cannot be told from what was not. Copy it again under another --name.',
    },
  )
}

/** Repeats a request outside the path of documents while it fails for a reason that may pass. */
export function patiently<T>(
  m: Pick<Migration, 'world' | 'giveUpAfterMs' | 'tally'>,
  act: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return retried(m.world, { giveUpAfterMs: m.giveUpAfterMs }, act, error => m.tally.retried(error.message), signal)
}
