/**
 * Cutover: from "the target follows" to "applications use the target".
 *
 * Invariants. Until the aliases are switched, whatever fails is undone, the write blocks last, and applications go on with the
 * source. A run that finds a cutover begun undoes it first, unless the switch itself is journaled: then it is finished.
 * The switch is made only when the source takes no writes, everything it has and everything it deleted is on the target, what
 * changed since the last verification is equal on both sides, and the account says so.
 */
import { refresh } from '../../cluster/shards.ts'
import type { CutoverConditions, CutoverFacts, ShardMark } from '../../model/entries.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import type { Report } from '../../model/report.ts'
import { carryDeletes } from '../carry-deletes.ts'
import type { Migration } from '../migration.ts'
import { patiently } from '../patiently.ts'
import { confirmTargets, copyPass, restoreTuning } from '../phases.ts'
import { applyStep, undoStep } from '../run-steps.ts'
import { takeAccount } from '../take-account.ts'
import { addLags } from '../lag.ts'
import { compareSince } from './compare-since.ts'
import { gate } from './gate.ts'

/** How long a step of a cutover is tried: applications cannot write meanwhile. */
const patienceMs = 20_000
/** How long undoing may take: a block that stays is worse than a run that hangs. */
const undoWithinMs = 120_000

/** Gives the account of a cutover that succeeded; undefined where it was refused or is undone, which the journal says. */
export async function cutOver(m: Migration, conditions: CutoverConditions, signal: AbortSignal): Promise<Report | undefined> {
  m.tally.phase = 'cutting-over'
  const hasty = { ...m, giveUpAfterMs: patienceMs }
  try {
    await requireConditions(m, conditions, signal)
    const checked = await compareChanged(hasty, conditions, signal)
    m.memory.append({ type: 'cutover-begun' })
    m.world.reached('cutover-begun')
    return await switchOver(hasty, conditions, checked, signal)
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code.startsWith('state-')) throw error
    await undoCutover(m, `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`)
    if (signal.aborted) throw error
    return undefined
  }
}

/** Undoes what a cutover has applied, last first, and says why. A switch that is journaled is not undone: see `isSwitched`. */
export async function undoCutover(m: Migration, reason: string): Promise<void> {
  const signal = AbortSignal.timeout(undoWithinMs)
  const patient = { ...m, giveUpAfterMs: undoWithinMs / 2 }
  for (const step of cutoverSteps(m).toReversed()) await patiently(patient, () => undoStep(step, m.memory, signal), signal)
  m.memory.append({ type: 'cutover-undone', reason })
  m.world.reached('cutover-undone')
}

/** Whether the point is passed from which a cutover is only finished. */
export function isSwitched({ memory, tasks, steps }: Migration): boolean {
  return memory.state.steps.get(steps.switchAliases(tasks, false).id)?.phase === 'applied'
}

/** Of a cutover whose run ended after the switch: only the journal does not know it yet. */
export async function finishCutover(m: Migration, signal: AbortSignal): Promise<Report> {
  const report = await patiently(m, () => takeAccount(m, signal), signal)
  m.memory.append({ type: 'cut-over', facts: factsOf(m, report, null) })
  return report
}

function cutoverSteps({ tasks, steps }: Migration): readonly Step[] {
  return [...tasks.map(task => steps.block(task)), steps.switchAliases(tasks, false)]
}

async function requireConditions(m: Migration, conditions: CutoverConditions, signal: AbortSignal): Promise<void> {
  const { indices } = m.tally.snapshot(m.memory.state)
  const lag = addLags(indices.map(one => one.lag))
  const failed = (
    await gate({ tasks: m.tasks, state: m.memory.state, target: m.target, lag, greenWithin: '30s' }, conditions, signal)
  ).filter(({ holds }) => !holds)
  if (failed.length === 0) return
  throw new ShardferryError(
    'cutover-refused',
    failed.map(({ what, seen, remedy }) => `${what}: ${seen}. ${remedy ?? ''}`).join('\n'),
  )
}

/** By source index, up to where both sides were found equal. */
type Checked = ReadonlyMap<string, readonly ShardMark[]>

/** What changed since the last verification, while applications still write: the rest is little. */
async function compareChanged(m: Migration, { acceptUnverified }: CutoverConditions, signal: AbortSignal): Promise<Checked> {
  const checked = new Map<string, readonly ShardMark[]>()
  for (const task of m.tasks) {
    const found = m.memory.state.verified.get(task.source)
    const copied = m.memory.state.indices.get(task.source)?.rounds.findLast(({ closed }) => closed)
    if (task.read.by !== 'seq-no' || !copied || !found?.equal || acceptUnverified) continue
    requireEqual(task, await compareSince(m, task, found.shards, copied.shards, signal))
    checked.set(task.source, copied.shards)
  }
  return checked
}

function requireEqual({ source, target }: IndexTask, different: readonly { readonly id: string; readonly kind: string }[]): void {
  const [first] = different
  if (!first) return
  throw new ShardferryError(
    'cutover-failed',
    `${source} and ${target} differ in ${different.length === 1 ? 'a document' : `${different.length} documents`}, such as ${first.id}, which is ${first.kind}.`,
    { hint: 'See all of them with: shardferry verify' },
  )
}

async function switchOver(m: Migration, conditions: CutoverConditions, checked: Checked, signal: AbortSignal): Promise<Report> {
  const startMs = m.world.now()
  for (const task of m.tasks) await patiently(m, () => applyStep(m.steps.block(task), m.memory, m.world, signal), signal)
  await drain(m, signal)
  m.world.reached('cutover-drained')
  for (const task of m.tasks) {
    const since = checked.get(task.source)
    const now = m.memory.state.indices.get(task.source)?.rounds.at(-1)?.shards
    if (since && now) requireEqual(task, await compareSince(m, task, since, now, signal))
  }
  await confirmTargets(m, signal)
  await restoreTuning(m, signal)
  const report = await patiently(m, () => takeAccount(m, signal), signal)
  requireAccount(report, conditions)
  const aliases = m.steps.switchAliases(m.tasks, conditions.takeAliases)
  await patiently(m, () => applyStep(aliases, m.memory, m.world, signal), signal)
  m.memory.append({ type: 'cut-over', facts: factsOf(m, report, m.world.now() - startMs) })
  m.world.reached('cut-over')
  return report
}

/** Until nothing moves any more: the source takes no writes, so the next round is empty or the last one. */
async function drain(m: Migration, signal: AbortSignal): Promise<void> {
  for (let pass = 0; ; pass++) {
    const moved = await copyPass(m, m.tasks, pass === 0 ? 'first' : 'again', signal)
    for (const task of m.tasks) await carryDeletes(m, task, signal)
    for (const task of m.tasks) await patiently(m, () => refresh(m.target, task.target, signal), signal)
    if (moved.size === 0) return
    if (pass > mostPasses)
      throw new ShardferryError(
        'cutover-failed',
        `The source goes on changing behind its write block: ${[...moved].map(({ source }) => source).join(', ')}.`,
        {
          hint: 'Somebody lifts the block. Find who writes, then cut over again.',
        },
      )
  }
}

const mostPasses = 5

function requireAccount(report: Report, { acceptSetAside }: CutoverConditions): void {
  if (report.verdict === 'exact' || (report.verdict === 'set-aside' && acceptSetAside)) return
  const why = report.indices.flatMap(({ index, doubts, sourceCount, targetCount, behind, deleted }) => [
    ...doubts.map(doubt => `${index}: ${doubt}`),
    ...(sourceCount === targetCount
      ? []
      : [`${index}: ${sourceCount ?? 'uncounted'} documents on the source, ${targetCount ?? 'uncounted'} on the target`]),
    ...(behind > 0 ? [`${index}: ${behind} operations behind`] : []),
    ...(deleted.state === 'pending' ? [`${index}: deletes are not carried over`] : []),
  ])
  throw new ShardferryError('cutover-failed', `The account is not exact: ${[...why, ...report.notes].slice(0, 5).join('; ')}.`, {
    hint: 'See what differs with: shardferry verify',
  })
}

function factsOf(m: Migration, report: Report, blockedMs: number | null): CutoverFacts {
  return {
    name: m.plan.name,
    source: m.plan.source.address,
    target: m.plan.target.address,
    indices: report.indices.map(({ index, target, targetCount }) => ({ source: index, target, documents: targetCount })),
    aliases: [...new Set(m.tasks.flatMap(({ aliases }) => Object.keys(aliases)))],
    blockedMs: blockedMs === null ? null : Math.round(blockedMs),
    at: new Date().toISOString(),
  }
}
