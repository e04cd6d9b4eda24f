import { count, primaryMarks, refresh } from '../cluster/shards.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { addCounts, balances, noCounts } from '../model/documents.ts'
import type { Counts } from '../model/documents.ts'
import { asShardferryError } from '../model/errors.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import type { IndexReport, Report, Verdict } from '../model/report.ts'
import type { Migration } from './migration.ts'
import { newLineage } from './phases.ts'

/** Compares what was read with what became of it, and both sides' counts; says in one word how it stands. */
export async function takeAccount(m: Migration, signal: AbortSignal): Promise<Report> {
  const notes: string[] = [...m.remoteTasks.notes()]
  const indices: IndexReport[] = []
  for (const task of m.tasks) indices.push(await indexAccount(m, task, notes, signal))
  const total = indices.reduce((sum, one) => addCounts(sum, one.counts), noCounts)
  const state = m.memory.state
  const rounds = [...state.indices.values()].flatMap(index => index.rounds)
  const settled = rounds.flatMap(round => [...round.settled.values()])
  const startedAtMs = state.startedAtMs ?? m.world.now()
  return {
    name: m.plan.name,
    verdict: verdictOf(m.tasks, indices, total),
    source: m.plan.source.address,
    target: m.plan.target.address,
    startedAt: new Date(startedAtMs).toISOString(),
    tookMs: state.activeMs,
    total,
    balanced: indices.every(one => one.balanced),
    indices,
    partitions: rounds.reduce((sum, round) => sum + round.partitions.length, 0),
    partitionsRedone: settled.filter(one => one.attempts > 1).length,
    notes,
  }
}

async function indexAccount(m: Migration, task: IndexTask, notes: string[], signal: AbortSignal): Promise<IndexReport> {
  const rounds = m.memory.state.indices.get(task.source)?.rounds ?? []
  let counts: Counts = noCounts
  for (const round of rounds) for (const settled of round.settled.values()) counts = addCounts(counts, settled.counts)
  const query = task.query ?? { match_all: {} }
  const [targetCount, sourceCount] = [
    // The plan may give the target another number of shards, and an index that was there has its own.
    await counted(m.target, task.target, task.action === 'create' ? { match_all: {} } : query, {}, notes, signal),
    await counted(m.source, task.source, query, { shards: task.shards }, notes, signal),
  ]
  const { behind, deletes } = await sinceLastRound(m, task, notes, signal)
  if (deletes > 0) {
    notes.push(
      `${task.source}: ${deletes} deletes on the source since the copy began; deletes are not carried over, so the target may hold documents the source no longer has.`,
    )
  }
  if (deletes > 0 && task.versionFrom === 'version')
    notes.push(
      `${task.source}: a document that was deleted and made again has a lower _version than before, so the target may hold its older form.`,
    )
  if (task.engine === 'reindex')
    notes.push(
      `${task.source}: moved by the target's own _reindex, which writes the JSON of documents anew (1.50 becomes 1.5, more digits than a double has are rounded); bytes are estimated.`,
    )
  if (behind > 0) notes.push(`${task.source}: the source is ${behind} operations ahead; run the same command again to catch up.`)
  if (task.read.by !== 'seq-no')
    notes.push(`${task.source}: ${readOnce(task)}; what was written on the source after that is not on the target.`)
  return {
    index: task.source,
    target: task.target,
    counts,
    balanced: balances(counts),
    rounds: rounds.length,
    sourceCount,
    targetCount,
    behind,
    deletes,
  }
}

function readOnce({ read }: IndexTask): string {
  if (read.by === 'field') return `read by ranges of ${read.field}`
  return read.slices === 1 ? 'read once' : 'read by slices'
}

async function counted(
  cluster: Cluster,
  index: string,
  query: JsonObject,
  where: { readonly shards?: number },
  notes: string[],
  signal: AbortSignal,
): Promise<number | null> {
  try {
    await refresh(cluster, index, signal)
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code !== 'forbidden') throw error
  }
  try {
    return await count(cluster, index, query, where, signal)
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code !== 'forbidden') throw error
    notes.push(`${index} could not be counted on the ${cluster.side}: ${error.message}`)
    return null
  }
}

/** Operations and deletes on the source that the last round does not cover. */
async function sinceLastRound(
  m: Migration,
  task: IndexTask,
  notes: string[],
  signal: AbortSignal,
): Promise<{ behind: number; deletes: number }> {
  const rounds = m.memory.state.indices.get(task.source)?.rounds ?? []
  const last = rounds.at(-1)
  if (!last || task.read.by !== 'seq-no') return { behind: 0, deletes: 0 }
  const marks = await primaryMarks(m.source, task.source, task.shards, signal)
  let behind = 0
  let deletes = 0
  for (const mark of marks) {
    behind += Math.max(0, mark.maxSeqNo - (last.shards.find(one => one.shard === mark.shard)?.upTo ?? -1))
    const first = rounds[0]?.shards.find(one => one.shard === mark.shard)
    if (first && first.historyUuid !== mark.historyUuid) throw newLineage(task, mark.shard)
    if (first && mark.deletes < first.deletes)
      notes.push(
        `${task.source}: shard ${mark.shard} moved on the source, so its count of deletes began anew; some may have gone unseen.`,
      )
    deletes += Math.max(0, mark.deletes - (first?.deletes ?? 0))
  }
  return { behind, deletes }
}

function verdictOf(tasks: readonly IndexTask[], indices: readonly IndexReport[], total: Counts): Verdict {
  const equal = indices.every(one => one.balanced && one.behind === 0 && one.deletes === 0 && countsAgree(tasks, one))
  if (!equal) return 'differs'
  return total.setAside > 0 ? 'set-aside' : 'exact'
}

/**
 * A document that was set aside may still stand on the target: in an older form, or in a newer one that came in a later
 * round. And an index that was on the target before may hold documents of its own.
 */
function countsAgree(tasks: readonly IndexTask[], { index, sourceCount, targetCount, counts }: IndexReport): boolean {
  if (sourceCount === null || targetCount === null) return false
  const more = targetCount + counts.setAside - sourceCount
  const intoExisting = tasks.find(task => task.source === index)?.action === 'into-existing'
  return more >= 0 && (intoExisting || more <= counts.setAside)
}
