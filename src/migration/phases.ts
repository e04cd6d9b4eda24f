import { indexUuid } from '../cluster/shards.ts'
import { mapFew } from '../flow/map-few.ts'
import { exactPart } from '../metadata/tune.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Work } from '../model/ports.ts'
import { carryDeletes, mayHaveDeletes } from './carry-deletes.ts'
import { counted } from './counted.ts'
import { isMadeByStream, openDataStreams } from './data-streams.ts'
import { dueRound, observe } from './due-round.ts'
import type { Pass } from './due-round.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { applyStep, undoStep } from './run-steps.ts'
import { togetherAtMost } from './together-at-most.ts'

/** Each is a change of the cluster's state, and shards that start. */
const madeAtOnce = 4

/** Makes the target indices, and remembers the uuid each got. */
export async function createTargets(m: Migration, signal: AbortSignal): Promise<void> {
  await openDataStreams(m, signal)
  const due = m.tasks.filter(task => task.action === 'create' && !isMadeByStream(m.plan, task))
  await mapFew(due, madeAtOnce, async task => {
    const step = m.steps.create(task, change => m.memory.append({ type: 'changed', index: task.source, change }))
    await patiently(m, () => applyStep(step, m.memory, m.world, signal), signal)
  })
  await confirmTargets(m, signal)
}

/**
 * Every target index must be the one that was made, before the copy and after it: a bulk request into a name that was
 * deleted meanwhile makes a new index there, with guessed mappings.
 */
export async function confirmTargets(m: Migration, signal: AbortSignal): Promise<void> {
  await mapFew(m.tasks, togetherAtMost, task => confirmTarget(m, task, signal))
}

async function confirmTarget(m: Migration, task: IndexTask, signal: AbortSignal): Promise<void> {
  const uuid = await patiently(m, () => indexUuid(m.target, task.target, signal), signal)
  const known = m.memory.state.created.get(task.source)
  if (uuid !== undefined && known === undefined) {
    const before = task.action === 'into-existing' ? await docsBefore(m, task, signal) : null
    const docs = before === null ? {} : { docsBefore: before }
    return m.memory.append({ type: 'created', index: task.source, target: task.target, uuid, ...docs })
  }
  if (uuid === known && uuid !== undefined) return
  throw new ShardferryError(
    'target-changed',
    `The target index ${task.target} was ${uuid === undefined ? 'deleted' : 'deleted and created anew'} since this migration made it.`,
    {
      hint: 'What was copied is gone with it. Start over under another name: --name NAME. Tuned settings are given back by: shardferry complete.',
    },
  )
}

/** How many documents an index that is there holds, before anything is copied into it. */
async function docsBefore(m: Migration, { target, query }: IndexTask, signal: AbortSignal): Promise<number | null> {
  const { docs } = await patiently(m, () => counted(m.target, target, query ?? { match_all: {} }, {}, signal), signal)
  return docs
}

/** Tunes for the bulk copy; an index that has been through it may be in use, and only catches up. */
export async function tuneTargets(m: Migration, signal: AbortSignal): Promise<void> {
  await mapFew(tuned(m), togetherAtMost, async task => {
    const bulkDone = m.memory.state.indices.get(task.source)?.rounds[0]?.closed === true
    const step = m.steps.tune(bulkDone ? { ...task, tuning: exactPart(task.tuning) } : task)
    await patiently(m, () => applyStep(step, m.memory, m.world, signal), signal)
  })
}

/** Gives every tuned setting its captured value back; also after a crash, by whichever run comes next. */
export async function restoreTuning(
  m: Pick<Migration, 'tasks' | 'steps' | 'memory' | 'world' | 'giveUpAfterMs' | 'tally' | 'throttler'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const restored = await mapFew(tuned(m), togetherAtMost, async task => {
    const step = m.steps.tune(task)
    return (await patiently(m, () => undoStep(step, m.memory, m.world, signal), signal)) ? [step.describe()] : []
  })
  return restored.flat()
}

export async function setAliases(m: Migration, signal: AbortSignal): Promise<void> {
  const due = m.tasks.filter(({ aliases }) => Object.keys(aliases).length > 0)
  await mapFew(due, madeAtOnce, task => patiently(m, () => applyStep(m.steps.aliases(task), m.memory, m.world, signal), signal))
}

function tuned(m: Pick<Migration, 'tasks'>): readonly IndexTask[] {
  return m.tasks.filter(task => Object.keys(task.tuning).length > 0)
}

/**
 * Copies round after round until the source has nothing newer than the last checkpoint, and carries over what was deleted
 * there; both again while the source goes on. Round 0 is the bulk copy. An open round of an earlier run goes on with the
 * partitions it had; a finished migration catches up.
 */
export async function copyAll(m: Migration, signal: AbortSignal): Promise<void> {
  let unlooked = new Set(m.tasks)
  for (let pass = 0; pass <= m.catchUpRounds; pass++) {
    const moved = await copyPass(m, m.tasks, pass === 0 ? 'first' : 'again', signal)
    unlooked = unlooked.union(moved)
    if (moved.size === 0 && !(await carryAll(m, unlooked, signal))) return
    if (moved.size === 0) unlooked.clear()
    m.tally.phase = 'catching-up'
  }
  await carryAll(m, unlooked, signal)
}

async function carryAll(m: Migration, tasks: ReadonlySet<IndexTask>, signal: AbortSignal): Promise<boolean> {
  const due = await mapFew(tasks, togetherAtMost, async task => ((await mayHaveDeletes(m, task, signal)) ? [task] : []))
  let looked = false
  for (const task of due.flat()) if (await carryDeletes(m, task, signal)) looked = true
  return looked
}

/** How often it is looked where the source stands, so that little has to be read again when one of its primaries changes. */
const observeEveryMs = 60_000

/** One round of every index that has anything to move; largest index first. Returns the tasks that had something. */
export async function copyPass(
  m: Migration,
  tasks: readonly IndexTask[],
  pass: Pass,
  outer: AbortSignal,
): Promise<ReadonlySet<IndexTask>> {
  const moved = new Set<IndexTask>()
  const open = new Map<string, number>()
  const begun = new Map<string, number>()
  const observedAtMs = new Map<string, number>()
  const passBegan = m.memory.state.lastNumber
  async function* work(signal: AbortSignal): AsyncIterable<Work> {
    for (const handful of handfuls(tasks.toSorted((a, b) => b.estimate.docs - a.estimate.docs))) {
      const rounds = await mapFew(handful, togetherAtMost, async task => {
        const round = await patiently(m, () => dueRound(m, task, pass, signal), signal)
        return round && { task, round }
      })
      for (const { task, round } of rounds.filter(due => due !== undefined)) {
        const settled = m.memory.state.indices.get(task.source)?.rounds.find(known => known.round === round.round)?.settled
        const pending = round.partitions.filter(partition => !settled?.has(partition.id))
        open.set(task.source, pending.length)
        observedAtMs.set(task.source, m.world.now())
        moved.add(task)
        if (pending.length === 0) closeRound(m, task.source, round.round)
        for (const partition of pending) {
          begun.set(partition.id, begunBefore(m, task, round.round, partition.id, passBegan))
          yield { task, partition }
        }
      }
    }
  }
  for await (const settled of m.dispatcher.run(work, outer)) {
    const { index, partition, round } = settled
    m.memory.append({ type: 'settled', settled, begun: begun.get(partition) ?? 0 })
    begun.delete(partition)
    m.world.reached('partition-settled')
    const left = (open.get(index) ?? 1) - 1
    open.set(index, left)
    if (left === 0) closeRound(m, index, round)
    else if (m.world.now() - (observedAtMs.get(index) ?? 0) >= observeEveryMs) {
      observedAtMs.set(index, m.world.now())
      await observeInPassing(m, index, outer)
    }
  }
  return moved
}

/** Documents in a handful of indices that are looked at together, about: what moves before the last of them is begun. */
const handfulDocs = 200_000

/** Small indices are looked at many at once, before the first of them is read; a large one by itself. */
function* handfuls(tasks: readonly IndexTask[]): Iterable<readonly IndexTask[]> {
  let some: IndexTask[] = []
  let docs = 0
  for (const task of tasks) {
    if (some.length > 0 && (docs + task.estimate.docs > handfulDocs || some.length === togetherAtMost)) {
      yield some
      some = []
      docs = 0
    }
    some.push(task)
    docs += task.estimate.docs
  }
  if (some.length > 0) yield some
}

/**
 * An entry after which the partition is read. A task of the target may read since an earlier run: since that run journaled
 * it, or, where it was killed before it could, since the round was opened.
 */
function begunBefore(
  { memory }: Pick<Migration, 'memory'>,
  task: IndexTask,
  round: number,
  partition: string,
  passBegan: number,
): number {
  const { submitted, indices, lastNumber } = memory.state
  if (task.engine !== 'reindex') return lastNumber
  const openedAt = indices.get(task.source)?.rounds.find(known => known.round === round)?.openedAt ?? 0
  return submitted.get(partition)?.number ?? (openedAt <= passBegan ? openedAt : lastNumber)
}

/** A source that does not answer now is looked at later. */
async function observeInPassing(m: Migration, index: string, signal: AbortSignal): Promise<void> {
  const task = m.tasks.find(one => one.source === index)
  if (task?.read.by !== 'seq-no') return
  try {
    await observe(m, task, signal)
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.recovery !== 'retry') throw thrown
    m.tally.retried(thrown.message)
  }
}

function closeRound(m: Migration, index: string, round: number): void {
  m.memory.append({ type: 'round-closed', index, round })
  m.world.reached('round-closed')
}
