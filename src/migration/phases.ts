import { retried } from '../flow/backoff.ts'
import { indexUuid } from '../cluster/shards.ts'
import type { RoundOpened } from '../model/entries.ts'
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
    await rememberTarget(m, task, signal)
  }
}

/**
 * The target index must stay the one that was filled: a bulk request into a name that was deleted meanwhile would make
 * a new index there, with guessed mappings.
 */
async function rememberTarget(m: Migration, task: IndexTask, signal: AbortSignal): Promise<void> {
  const uuid = await patiently(m, () => indexUuid(m.target, task.target, signal), signal)
  const known = m.memory.state.created.get(task.source)
  if (uuid !== undefined && known === undefined)
    return m.memory.append({ type: 'created', index: task.source, target: task.target, uuid })
  if (uuid === known && uuid !== undefined) return
  throw new ShardferryError(
    'target-changed',
    `The target index ${task.target} was ${uuid === undefined ? 'deleted' : 'deleted and created anew'} since this migration made it.`,
    {
      hint: 'What was copied is gone with it. Start over under another name: --name NAME.',
    },
  )
}

export async function tuneTargets(m: Migration, signal: AbortSignal): Promise<void> {
  for (const task of tuned(m)) await patiently(m, () => applyStep(m.steps.tune(task), m.memory, m.world, signal), signal)
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
      const round = openRound(m, task) ?? (await patiently(m, () => nextRound(m, task, signal), signal))
      if (!round) continue
      const settled = m.memory.state.indices.get(task.source)?.rounds.find(known => known.round === round.round)?.settled
      const pending = round.partitions.filter(partition => !settled?.has(partition.id))
      open.set(task.source, pending.length)
      moved ||= round.partitions.length > 0
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

function openRound(m: Migration, task: IndexTask): Omit<RoundOpened, 'type'> | undefined {
  const last = m.memory.state.indices.get(task.source)?.rounds.at(-1)
  return last && !last.closed ? { ...last, index: task.source } : undefined
}

/** Opens the round that brings an index from its last checkpoints to where the source stands now; undefined when it stands there already. */
async function nextRound(m: Migration, task: IndexTask, signal: AbortSignal): Promise<RoundOpened | undefined> {
  const last = m.memory.state.indices.get(task.source)?.rounds.at(-1)
  if (last && task.read.by === 'slices') return undefined
  const marks = await m.reader.marks(task, signal)
  for (const mark of marks) {
    const before = last?.shards.find(earlier => earlier.shard === mark.shard)
    if (before && before.historyUuid !== mark.historyUuid) throw newLineage(task, mark.shard)
  }
  if (last && marks.every(mark => mark.upTo <= (last.shards.find(earlier => earlier.shard === mark.shard)?.upTo ?? -1)))
    return undefined
  const round = last ? last.round + 1 : 0
  const partitions = await m.reader.partitions(task, round, last?.shards, marks, signal)
  const opened: RoundOpened = { type: 'round-opened', index: task.source, round, shards: marks, partitions }
  m.memory.append(opened)
  m.world.reached('round-opened')
  return opened
}

function closeRound(m: Migration, index: string, round: number): void {
  m.memory.append({ type: 'round-closed', index, round })
  m.world.reached('round-closed')
}

function newLineage(task: IndexTask, shard: number): ShardferryError {
  return new ShardferryError(
    'lineage-changed',
    `Shard ${shard} of ${task.source} has a new history on the source: it was restored, or a stale copy was forced to be primary.`,
    {
      hint: 'Its sequence numbers were given out anew, so what was copied cannot be told from what was not. Copy it again under another --name.',
    },
  )
}

/** Repeats a request outside the path of documents while it fails for a reason that may pass. */
function patiently<T>(
  m: Pick<Migration, 'world' | 'giveUpAfterMs' | 'tally'>,
  act: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return retried(m.world, { giveUpAfterMs: m.giveUpAfterMs }, act, error => m.tally.retried(error.message), signal)
}
