import type { AskedEngine } from '../copy/asked/engine.ts'
import type { Partition, Reindexed } from '../model/documents.ts'
import { noCounts } from '../model/documents.ts'
import type { IndexTask, Plan } from '../model/plan.ts'
import type { Dispatcher, Throttler, World } from '../model/ports.ts'
import type { Report } from '../model/report.ts'
import type { Memory } from './memory.ts'
import type { Tally } from './tally.ts'

/** What was asked for by `POST _reindex`, put together by `assemble-reindex.ts`. */
export interface ReindexMigration {
  readonly plan: Plan
  readonly task: IndexTask
  readonly memory: Memory
  readonly engine: AskedEngine
  readonly dispatcher: Dispatcher
  readonly throttler: Throttler
  readonly tally: Tally
  readonly world: World
}

/** How far a request has come, in the words of its answer. */
export interface ReindexProgress extends Reindexed {
  readonly total: number
}

/**
 * Copies every partition once: what a `_reindex` does, from wherever the journal says it stands. The indices are read as
 * they are when each partition is begun, and nothing is caught up with.
 * @throws ShardferryError, `AskedFailure` among them where documents were refused
 */
export async function runReindex(m: ReindexMigration, signal: AbortSignal): Promise<void> {
  const { task, memory, tally, world } = m
  tally.phase = 'copying'
  const round = roundOf(m) ?? openRound(m)
  const pending = round.partitions.filter(({ id }) => !round.settled.has(id))
  async function* work(): AsyncGenerator<{ task: IndexTask; partition: Partition }> {
    for (const partition of pending) yield { task, partition }
  }
  for await (const settled of m.dispatcher.run(work, signal)) {
    memory.append({ type: 'settled', settled })
    m.engine.journaled(settled.partition)
    world.reached('partition-settled')
  }
  if (!round.closed) memory.append({ type: 'round-closed', index: task.source, round: 0 })
  world.reached('round-closed')
  tally.phase = 'done'
}

export function reindexProgress({ task, memory, engine }: Pick<ReindexMigration, 'task' | 'memory' | 'engine'>): ReindexProgress {
  const round = roundOf({ task, memory })
  const settled = [...(round?.settled.values() ?? [])].flatMap(({ reindexed }) => reindexed ?? [])
  const parts = [...settled, ...engine.underWay()]
  const sum = (of: (one: Reindexed) => number): number => parts.reduce((total, one) => total + of(one), 0)
  return {
    total: task.estimate.docs,
    created: sum(one => one.created),
    updated: sum(one => one.updated),
    versionConflicts: sum(one => one.versionConflicts),
    batches: sum(one => one.batches),
    bulkRetries: sum(one => one.bulkRetries),
  }
}

/** The account of a request that came to its end: documents are counted, and nothing is compared. */
export function reindexReport({ plan, task, memory }: Pick<ReindexMigration, 'plan' | 'task' | 'memory'>): Report {
  const settled = [...(roundOf({ task, memory })?.settled.values() ?? [])]
  const add = (of: 'read' | 'written' | 'alreadyNewer' | 'bytes'): number => settled.reduce((sum, one) => sum + one.counts[of], 0)
  const counts = {
    ...noCounts,
    read: add('read'),
    written: add('written'),
    alreadyNewer: add('alreadyNewer'),
    bytes: add('bytes'),
  }
  const doubt = 'a _reindex reads once, and nothing compares both sides'
  return {
    name: plan.name,
    verdict: 'differs',
    source: plan.source.address,
    target: plan.target.address,
    startedAt: new Date(memory.state.startedAtMs ?? 0).toISOString(),
    tookMs: memory.state.activeMs,
    total: counts,
    balanced: true,
    indices: [
      {
        index: task.source,
        target: task.target,
        counts,
        balanced: true,
        rounds: 1,
        sourceCount: null,
        targetCount: null,
        targetCountBefore: null,
        behind: 0,
        deletes: 0,
        deleted: { state: 'unseen', by: 'off', carried: 0, kept: 0 },
        doubts: [doubt],
      },
    ],
    partitions: settled.length,
    partitionsRedone: settled.filter(one => one.attempts > 1).length,
    notes: [`Asked for by POST _reindex: ${doubt}.`],
  }
}

type Round = NonNullable<ReturnType<typeof roundOf>>

function roundOf({ task, memory }: Pick<ReindexMigration, 'task' | 'memory'>) {
  return memory.state.indices.get(task.source)?.rounds[0]
}

/** Slices of about as many documents each; one where the order of documents, or their number, is asked for. */
function openRound(m: ReindexMigration): Round {
  const { task, memory } = m
  const { docs } = task.estimate
  const of = task.read.slices ?? 1
  const partitions = Array.from({ length: docs === 0 ? 0 : of }, (_, slice) => ({
    id: `r0.slice${slice}of${of}`,
    index: task.source,
    round: 0,
    range: { by: 'slice', slice, of } as const,
    estimatedDocs: Math.ceil(docs / of),
  }))
  memory.append({ type: 'round-opened', index: task.source, round: 0, shards: [], partitions })
  m.world.reached('round-opened')
  return roundOf(m)!
}
