/**
 * Follows the source: looks at all indices with one request, copies a round of those that have moved, and carries over what
 * was deleted; again and again, until a cutover, or a rollback, is asked for. What may pass never ends it: it is waited for, and shown.
 */
import { standings } from '../cluster/standings.ts'
import type { ShardStanding } from '../cluster/standings.ts'
import { markOf } from '../model/entries.ts'
import { asShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import { carryDeletes } from './carry-deletes.ts'
import { followDefinitions } from './follow-definitions.ts'
import { takeUpRollovers } from './data-streams.ts'
import { mergeRounds } from './merge-rounds.ts'
import type { Migration } from './migration.ts'
import { confirmTargets, copyPass, createTargets, tuneTargets } from './phases.ts'

/** While something moves it is looked every second; an idle source is asked once in five. */
const busyLookMs = 1_000
const idleLookMs = 5_000
/** So long after the last movement a source counts as idle. */
const idleAfterMs = 30_000
/** How long what should pass is left alone. */
const troubleMs = 10_000
/** Within this an ask is followed while nothing else is done. */
const napMs = 250

/**
 * Definitions are looked at before a round is copied, as a document may need a field that came just before it; for a tenth
 * of the time at most. While nothing moves, only now and then.
 */
const definitionsShare = 9
const definitionsIdleMs = 60_000

/** How often it is looked whether the target indices are still those that were made. */
const confirmEveryMs = 60_000

/** How often it is looked whether a data stream of the source has rolled over. */
const rolloversEveryMs = 3_000

/** Carrying deletes over reads live numbers of the source: it takes a tenth of the time at most. */
const leastDeletesMs = 5_000
const deletesShare = 9

type Followed = 'following' | 'following-back'

/**
 * Returns when a change of direction is asked for, after one look at least. @param besides is done after each look
 * @throws ShardferryError for what does not pass by itself
 */
export async function follow(
  m: Migration,
  phase: Followed,
  isAsked: () => boolean,
  besides: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let tasks = m.tasks.filter(isFollowed)
  let rolledAtMs = -Infinity
  const deletesDueMs = new Map<string, number>()
  let movedAtMs = m.world.now()
  let confirmedAtMs = m.world.now()
  const definitions = { dueMs: 0, idleDueMs: 0 }
  do {
    m.tally.phase = phase
    let waitMs = m.world.now() - movedAtMs > idleAfterMs ? idleLookMs : busyLookMs
    try {
      if (m.world.now() - rolledAtMs >= rolloversEveryMs) {
        rolledAtMs = m.world.now()
        if (await takeUpRollovers(m, signal)) {
          await createTargets(m, signal)
          await tuneTargets(m, signal)
          tasks = m.tasks.filter(isFollowed)
        }
      }
      const found = await lookAtAll(m, tasks, signal)
      const due = tasks.filter(task => hasMoved(m, task, found.get(task.source) ?? []))
      const startMs = m.world.now()
      if (startMs >= (due.length > 0 ? definitions.dueMs : definitions.idleDueMs)) {
        await followDefinitions(m, tasks, signal)
        const nowMs = m.world.now()
        definitions.dueMs = nowMs + definitionsShare * (nowMs - startMs)
        definitions.idleDueMs = nowMs + definitionsIdleMs
      }
      if (due.length > 0) {
        movedAtMs = m.world.now()
        waitMs = busyLookMs
        await copyPass(m, due, 'following', signal)
        for (const task of due) mergeRounds(m, task)
        if (m.world.now() - confirmedAtMs > confirmEveryMs) {
          await confirmTargets(m, signal)
          confirmedAtMs = m.world.now()
        }
      }
      for (const task of tasks) {
        const dueMs = deletesDueMs.get(task.source) ?? 0
        if (isAsked() || m.world.now() < dueMs || !mayHaveDeleted(m, task, found.get(task.source) ?? [])) continue
        const startMs = m.world.now()
        await carryDeletes(m, task, signal)
        const tookMs = m.world.now() - startMs
        deletesDueMs.set(task.source, m.world.now() + Math.max(leastDeletesMs, deletesShare * tookMs))
      }
      await besides(signal)
    } catch (thrown) {
      requirePassing(m, thrown, signal)
      waitMs = troubleMs
    }
    await rest(m, waitMs, isAsked, signal)
  } while (!isAsked())
  try {
    await followDefinitions(m, tasks, signal)
  } catch (thrown) {
    requirePassing(m, thrown, signal)
  }
}

/** Looks how far the other side falls behind, and writes nothing to it, until it may be written to or a change is asked for. */
export async function watch(m: Migration, phase: Followed, isOver: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isOver()) {
    m.tally.phase = phase
    try {
      await lookAtAll(m, m.tasks.filter(isFollowed), signal)
    } catch (thrown) {
      requirePassing(m, thrown, signal)
    }
    await rest(m, idleLookMs, isOver, signal)
  }
}

/** Slices have no checkpoint: what was written is found by reading all again, behind the write block of a cutover. */
export function isFollowed({ read }: IndexTask): boolean {
  return read.by === 'seq-no'
}

async function lookAtAll(
  m: Migration,
  tasks: readonly IndexTask[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ShardStanding[]>> {
  const atMs = m.world.now()
  const names = tasks.map(({ source }) => source)
  const found = await standings(m.source, names, signal)
  for (const [index, shards] of found) m.tally.lag.looked(index, atMs, shards)
  return found
}

/** Also where it is not told of, or where another look would confirm what was read. */
function hasMoved({ memory }: Migration, { source, shards }: IndexTask, found: readonly ShardStanding[]): boolean {
  const index = memory.state.indices.get(source)
  const last = index?.rounds.at(-1)
  if (!index || !last?.closed || found.length < shards || index.unconfirmed.any) return true
  return found.some(({ shard, maxSeqNo }) => maxSeqNo > (markOf(last.shards, shard)?.upTo ?? -1))
}

function mayHaveDeleted({ memory }: Migration, task: IndexTask, found: readonly ShardStanding[]): boolean {
  const index = memory.state.indices.get(task.source)
  const known = (index?.deletes ?? index?.rounds[0])?.shards
  return found.some(({ shard, deletes }) => deletes !== markOf(known, shard)?.deletes)
}

const mayPass = new Set(['retries-spent', 'unreachable', 'unavailable'])

/** Counts what may pass, and throws everything else on. */
function requirePassing(m: Migration, thrown: unknown, signal: AbortSignal): void {
  const { code, recovery, message } = asShardferryError(thrown)
  if (signal.aborted || (recovery === 'fatal' && !mayPass.has(code))) throw thrown
  m.tally.retried(message)
}

async function rest(m: Migration, ms: number, isAsked: () => boolean, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0 && !isAsked(); leftMs -= napMs) await m.world.sleep(Math.min(napMs, leftMs), signal)
}
