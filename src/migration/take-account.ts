import { indexWriteBlocked } from '../cluster/shards.ts'
import { mapFew } from '../flow/map-few.ts'
import type { RoundState } from '../journal/fold.ts'
import { addCounts, balances, noCounts } from '../model/documents.ts'
import type { Counts } from '../model/documents.ts'
import { markOf } from '../model/entries.ts'
import type { LaterChange, ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import { isAccounted } from '../model/report.ts'
import type { IndexReport, Report, Verdict } from '../model/report.ts'
import { counted } from './counted.ts'
import type { Counted } from './counted.ts'
import { deletedSoFar, deletesNotes } from './deleted.ts'
import { countedDeletes, noDeletes } from './deletes-since.ts'
import { remember, requireLineage } from './due-round.ts'
import { existingNote } from './existing-note.ts'
import type { Migration } from './migration.ts'
import { togetherAtMost } from './together-at-most.ts'
import { sourceRested } from './source-rested.ts'

interface Accountable extends Pick<
  Migration,
  'plan' | 'tasks' | 'source' | 'target' | 'memory' | 'reader' | 'world' | 'deletes'
> {
  /** Of documents that the target alone has, those that the source refused before a change of direction. */
  readonly refusedBefore?: (task: IndexTask, signal: AbortSignal) => Promise<number>
}

/** Compares what was read with what became of it, and both sides' counts; says in one word how it stands. */
export async function takeAccount(m: Accountable, signal: AbortSignal): Promise<Report> {
  const counts = await mapFew(m.tasks, togetherAtMost, task => countBoth(m, task, signal))
  const accounts = await mapFew(counts, togetherAtMost, one => indexAccount(m, one, signal))
  const indices = accounts.map(({ report }) => report)
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
    notes: accounts.flatMap(({ notes }) => notes),
  }
}

interface IndexAccount {
  readonly report: IndexReport
  readonly notes: readonly string[]
}

interface BothCounts {
  readonly task: IndexTask
  readonly here: Counted
  readonly there: Counted
}

async function countBoth(m: Accountable, task: IndexTask, signal: AbortSignal): Promise<BothCounts> {
  const query = task.query ?? { match_all: {} }
  const [there, here] = await Promise.all([
    // The plan may give the target another number of shards, and an index that was there has its own.
    counted(m.target, task.target, task.action === 'create' ? { match_all: {} } : query, {}, signal),
    counted(m.source, task.source, query, { shards: task.shards }, signal),
  ])
  return { task, here, there }
}

async function indexAccount(m: Accountable, { task, here, there }: BothCounts, signal: AbortSignal): Promise<IndexAccount> {
  const notes: string[] = []
  const rounds = m.memory.state.indices.get(task.source)?.rounds ?? []
  const note = (text: string): void => void notes.push(`${task.source}: ${text}`)
  const doubts: string[] = []
  for (const { kind, what, why } of m.memory.state.changes.get(task.source) ?? []) note(`${what} ${changeWords[kind]}: ${why}`)
  let counts: Counts = noCounts
  for (const round of rounds) for (const settled of round.settled.values()) counts = addCounts(counts, settled.counts)
  for (const [side, { docs }] of [['target', there] as const, ['source', here] as const])
    if (docs === null) note(`it could not be counted on the ${side}: its user lacks the index privilege read.`)

  const asOf = m.memory.state.lastNumber
  const marks = await m.reader.marks(task, signal)
  requireLineage(task, rounds[0], marks)
  const deletes = countedDeletes(rounds[0]?.shards, marks)
  const deleted = deletedSoFar(m, task, marks)
  deletesNotes(deleted, deletes, task, m.deletes.hindrances.get(task.source), { doubts, note })
  const behind = task.read.by !== 'seq-no' ? 0 : operationsSince(rounds.at(-1), marks)
  if (behind > 0) note(`the source is ${behind} operations ahead; run the same command again to catch up.`)
  if (task.read.by === 'seq-no') {
    primaryDoubts(m, task, marks, { doubts, note })
    remember(m, task, asOf, marks)
  } else await sliceDoubts(m, task, rounds.at(-1), marks, here.refreshed, { doubts, note }, signal)
  if (
    task.versionFrom === 'version' &&
    counts.alreadyNewer > 0 &&
    !(task.engine === 'reindex' && noDeletes(rounds[0]?.shards, marks))
  )
    doubts.push(
      `${counts.alreadyNewer} documents were left on the target because their _version is higher there: a document that is deleted and made anew begins at version 1 again, so they may be the older ones`,
    )
  if (task.engine === 'reindex')
    note(
      "moved by the target's own _reindex, which writes the JSON of documents anew (1.50 becomes 1.5, more digits than a double has are rounded); bytes are estimated.",
    )
  const refused = (await m.refusedBefore?.(task, signal)) ?? 0
  if (refused > 0) note(`${refused} documents that the source refused before applications moved are on the target only.`)
  const docsBefore = m.memory.state.docsBefore.get(task.source) ?? null
  if (task.action === 'into-existing')
    existingNote({ task, counts, sourceCount: here.docs, targetCount: there.docs, docsBefore }, { doubts, note })
  return {
    report: {
      index: task.source,
      target: task.target,
      counts,
      balanced: balances(counts),
      rounds: (rounds.at(-1)?.round ?? -1) + 1,
      sourceCount: here.docs,
      targetCount: there.docs,
      targetCountBefore: docsBefore,
      ...(refused > 0 ? { refusedBefore: refused } : {}),
      behind,
      deletes,
      deleted,
      doubts,
    },
    notes,
  }
}

const changeWords: Readonly<Record<LaterChange['kind'], string>> = {
  stripped: 'is left out',
  converted: 'is otherwise than planned',
  dropped: 'is dropped',
  followed: 'came later',
}

export interface Findings {
  /** Each keeps the account from being exact. */
  readonly doubts: string[]
  readonly note: (text: string) => void
}

/** Whether what was read may have been hidden by operations that a change of primary has rolled back. */
function primaryDoubts(m: Accountable, task: IndexTask, marks: readonly ShardMark[], { doubts, note }: Findings): void {
  const index = m.memory.state.indices.get(task.source)
  const changed = new Set((index?.unconfirmed.toReadAgain(marks) ?? []).map(range => range.shard))
  if (changed.size > 0)
    doubts.push(
      `the primary of shard ${[...changed].join(', ')} changed after documents had been read from it; run the same command again, which reads again what may have been hidden`,
    )
  const again = new Set((index?.rounds ?? []).flatMap(round => round.again.map(range => range.shard)))
  if (again.size > 0)
    note(
      `the primary of shard ${[...again].join(', ')} changed on the source during the run; what that may have hidden was read again.`,
    )
  if (marks.some(mark => mark.primary === undefined))
    note(
      'the source does not tell whether a primary changed, so an operation that was rolled back then would not have been noticed; its user needs the cluster or the index privilege monitor.',
    )
}

/** Slices see what there was when each was opened: exact needs to know that nothing came after the first one was. */
async function sliceDoubts(
  m: Accountable,
  task: IndexTask,
  last: RoundState | undefined,
  marks: readonly ShardMark[],
  refreshed: boolean,
  { doubts, note }: Findings,
  signal: AbortSignal,
): Promise<void> {
  const blocked = await indexWriteBlocked(m.source, task.source, signal)
  const rested = last ? sourceRested(last, marks, blocked) : 'unknown'
  const again = 'the same command reads everything again'
  const block = `PUT /${task.source}/_settings {"index.blocks.write": true}`
  switch (rested) {
    case 'changed':
      doubts.push(
        `it is ${readOnce(task)}, and was written to after that was begun; ${again}, best behind a write block: ${block}`,
      )
      break
    case 'unknown':
      doubts.push(
        `it is ${readOnce(task)}, and nothing tells whether it was written to after that was begun; set a write block (${block}), then ${again}`,
      )
      break
    case 'rested':
      if (refreshed) note(`${readOnce(task)}; nothing was written on the source from before that was begun until now.`)
      break
  }
  if (!refreshed)
    doubts.push(
      `it is ${readOnce(task)}, and its user may not refresh it (index privilege maintenance), so what was written shortly before may not have been seen`,
    )
}

function readOnce({ read }: IndexTask): string {
  if (read.by === 'field') return `read by ranges of ${read.field}`
  return read.slices === 1 ? 'read as a whole' : 'read by slices'
}

function operationsSince(last: RoundState | undefined, marks: readonly ShardMark[]): number {
  return marks.reduce((sum, mark) => sum + Math.max(0, mark.maxSeqNo - (markOf(last?.shards, mark.shard)?.upTo ?? -1)), 0)
}

function verdictOf(tasks: readonly IndexTask[], indices: readonly IndexReport[], total: Counts): Verdict {
  if (!indices.every((one, position) => agrees(tasks[position]!, one))) return 'differs'
  return total.setAside > 0 ? 'set-aside' : 'exact'
}

/** Whether the account of an index leaves nothing open, but for documents set aside. */
export function agrees(task: IndexTask, one: IndexReport): boolean {
  const { balanced, behind, deleted, doubts } = one
  return balanced && behind === 0 && isAccounted(deleted) && doubts.length === 0 && countsAgree(task, one)
}

/**
 * A document that was set aside may still stand on the target: in an older form, or in a newer one that came in a later
 * round. And an index that was on the target before holds documents of its own, as many as it held then at most.
 */
function countsAgree({ action }: IndexTask, report: IndexReport): boolean {
  const { sourceCount, targetCount, targetCountBefore, refusedBefore = 0, counts } = report
  if (sourceCount === null || targetCount === null) return false
  const more = targetCount + counts.setAside - sourceCount - refusedBefore
  const ownDocs = action === 'into-existing' ? (targetCountBefore ?? Number.POSITIVE_INFINITY) : 0
  return more >= 0 && more <= counts.setAside + ownDocs
}
