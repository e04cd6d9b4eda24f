/**
 * A change of direction: applications leave one side and use the other. A cutover takes them from the source to the target,
 * a rollback back.
 *
 * Invariants. Until the switch is made, whatever fails is undone, the write blocks last, and applications stay where they
 * are. The switch is made only when the side they leave takes no writes, everything it has and everything it deleted is on
 * the other, what either side was given since both were compared is equal, what the other side has is listed so that it can
 * be followed from there, and the account says so. A run that finds a change begun undoes it, unless the step that switches
 * is journaled: then it finishes it.
 *
 * What the other side has is listed as copies. So each document that it was given since it was listed last is compared too:
 * one that does not come from here was written by an application that has not moved, and must not pass for a copy.
 */
import { refresh } from '../../cluster/shards.ts'
import type { CutoverFacts, Entry } from '../../model/entries.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import type { Report } from '../../model/report.ts'
import { carryDeletes } from '../carry-deletes.ts'
import { isFollowed } from '../follow.ts'
import { newBacking } from '../data-streams.ts'
import type { Memory } from '../memory.ts'
import type { Migration } from '../migration.ts'
import { patiently } from '../patiently.ts'
import { confirmTargets, copyPass, restoreTuning } from '../phases.ts'
import { undoStep, applyStep } from '../run-steps.ts'
import { takeAccount } from '../take-account.ts'
import { compareChanged, knownBefore, remember } from './known.ts'
import type { Known } from './known.ts'
import { refusedBefore } from './refused-before.ts'
import { listOn } from './way-back.ts'

/** One change of direction. */
export interface Change {
  /** Follows the side that applications leave. */
  readonly from: Migration
  /** Follows the other one afterwards; undefined where nobody does. */
  readonly to: Migration | undefined
  /** The journal of the whole migration, whichever direction it has. */
  readonly memory: Memory
  readonly entries: {
    readonly begun: Entry
    readonly undone: (reason: string) => Entry
    readonly done: (facts: CutoverFacts) => Entry
  }
  /** Makes the switch, and takes it back. */
  readonly switchStep: Step
  readonly switchBy: 'apply' | 'undo'
  /** The sides need not be equal. What is not is told by the journal, and keeps the next change from being made. */
  readonly acceptDifferences: boolean
  /** How long the side that applications leave may be blocked. */
  readonly maxBlockMs: number
  readonly require: (signal: AbortSignal) => Promise<void>
  readonly requireAccount: (report: Report) => void
}

/** How long a step is tried: applications cannot write meanwhile. */
const patienceMs = 20_000
/** How long undoing may take: a block that stays is worse than a run that hangs. */
const undoWithinMs = 120_000

/** Gives the account of a change that was made; undefined where it was refused or is undone, which the journal says. */
export async function change(c: Change, signal: AbortSignal): Promise<Report | undefined> {
  const hasty = { ...c, from: { ...c.from, giveUpAfterMs: patienceMs } }
  const { world } = c.from
  try {
    await c.require(signal)
    const known = await approach(hasty, signal)
    c.memory.append(c.entries.begun)
    world.reached('cutover-begun')
    const startMs = world.now()
    const report = await inTime(c, within => switchOver(hasty, known, within), signal)
    c.memory.append(c.entries.done(factsOf(c, report, world.now() - startMs)))
    world.reached('cut-over')
    return report
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code.startsWith('state-')) throw error
    await undoChange(c, reasonOf(error))
    if (signal.aborted) throw error
    return undefined
  }
}

export function reasonOf({ message, hint }: ShardferryError): string {
  return hint === undefined ? message : `${message} ${hint}`
}

/** Each time less is left, as less was written in between. */
const approaches = 3

/** Lists, copies and compares while applications still write, so that little is left for when they are blocked. */
async function approach(c: Change, signal: AbortSignal): Promise<Known> {
  let known = knownBefore(c)
  for (let left = approaches; left > 0; left--) {
    if (c.to) await listOn(c.to, false, signal)
    known = await compareChanged(c, known, 'write', signal)
    await copyPass(c.from, c.from.tasks.filter(isFollowed), 'following', signal)
    for (const task of c.from.tasks) await carryDeletes(c.from, task, signal)
  }
  return known
}

async function inTime<T>(
  { maxBlockMs, from }: Change,
  act: (within: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(maxBlockMs)
  try {
    return await act(AbortSignal.any([signal, late]))
  } catch (thrown) {
    if (!late.aborted || signal.aborted) throw thrown
    throw new ShardferryError(
      'cutover-failed',
      `The ${from.source.side} took no writes for ${maxBlockMs / 1_000} s, and the other side was not ready.`,
      { hint: 'Lower the lag first, or allow a longer block: --max-block' },
    )
  }
}

/** Undoes what of a change was applied, last first, and says why. */
export async function undoChange(c: Change, reason: string): Promise<void> {
  const signal = AbortSignal.timeout(undoWithinMs)
  const patient = { ...c.from, giveUpAfterMs: undoWithinMs / 2 }
  if (c.switchBy === 'apply') await patiently(patient, () => undoStep(c.switchStep, c.memory, c.from.world, signal), signal)
  // Taken back only half, as when no answer came: it stands in the journal as made, and is made again.
  else await patiently(patient, () => c.switchStep.apply(signal), signal)
  await liftBlocks(patient, c.memory, signal)
  c.memory.append(c.entries.undone(reason))
  c.from.world.reached('cutover-undone')
}

/** Lets writes to the side that `m` follows through again. */
export async function liftBlocks(m: Migration, memory: Memory, signal: AbortSignal): Promise<void> {
  for (const task of m.tasks.toReversed())
    await patiently(m, () => undoStep(m.steps.block(task), memory, m.world, signal), signal)
}

/** Keeps writes from the side that `m` follows: also where they were let through for a change that was not made. */
export async function setBlocks(m: Migration, memory: Memory, signal: AbortSignal): Promise<void> {
  for (const task of m.tasks) await patiently(m, () => applyStep(m.steps.block(task), memory, m.world, signal), signal)
}

/** Whether the point is passed from which a change is only finished. */
export function isSwitched({ memory, switchStep, switchBy }: Change): boolean {
  return memory.state.steps.get(switchStep.id)?.phase === (switchBy === 'apply' ? 'applied' : 'undone')
}

/** Of a change whose run ended after the switch: only the journal does not know it yet. */
export async function finishChange(c: Change, signal: AbortSignal): Promise<Report> {
  const report = await account(c, signal)
  c.memory.append(c.entries.done(factsOf(c, report, null)))
  return report
}

async function switchOver(c: Change, known: Known, signal: AbortSignal): Promise<Report> {
  const { from, to, memory } = c
  // Applications cannot write until it is over: neither pressure nor a window that ends may hold it up.
  using _ = from.throttler.hurry()
  await setBlocks(from, memory, signal)
  await drain(from, signal)
  from.world.reached('cutover-drained')
  if (to) await listOn(to, true, signal)
  const compared = await compareChanged(c, known, 'are blocked', signal)
  await requireNotRolledOver(from, signal)
  await confirmTargets(from, signal)
  await restoreTuning({ ...from, memory }, signal)
  const report = await account(c, signal)
  c.requireAccount(report)
  remember(c, compared, report)
  await patiently(from, () => makeSwitch(c, signal), signal)
  return report
}

async function account({ from, to }: Change, signal: AbortSignal): Promise<Report> {
  const accounted = {
    ...from,
    refusedBefore: (task: IndexTask, within: AbortSignal) => refusedBefore(from, to, task, within),
  }
  const report = await patiently(from, () => takeAccount(accounted, signal), signal)
  const strays = from.tally.strays.total ?? 0
  if (strays === 0) return report
  const note = `up to ${strays} operations on the ${from.target.side} did not come from here since applications had left it.`
  return { ...report, notes: [...report.notes, note] }
}

/** A backing index that a rollover makes after the others were blocked is not blocked. */
async function requireNotRolledOver(m: Migration, signal: AbortSignal): Promise<void> {
  const [index] = await newBacking(m, undefined, signal)
  if (index === undefined) return
  throw new ShardferryError('cutover-failed', `A data stream of the ${m.source.side} was rolled over to ${index} meanwhile.`, {
    hint: 'It is taken up now. Ask for the cutover again, while nothing rolls the data stream over.',
  })
}

async function makeSwitch({ switchStep, switchBy, memory, from }: Change, signal: AbortSignal): Promise<void> {
  if (switchBy === 'apply') await applyStep(switchStep, memory, from.world, signal)
  else await undoStep(switchStep, memory, from.world, signal)
}

const mostPasses = 5

/** Until nothing moves any more: the side takes no writes, so the next round is empty or the last one. */
async function drain(m: Migration, signal: AbortSignal): Promise<void> {
  for (let pass = 0; ; pass++) {
    const moved = await copyPass(m, m.tasks, pass === 0 ? 'first' : 'again', signal)
    for (const task of m.tasks) await carryDeletes(m, task, signal)
    for (const task of m.tasks) await patiently(m, () => refresh(m.target, task.target, signal), signal)
    if (moved.size === 0) return
    if (pass > mostPasses)
      throw new ShardferryError(
        'cutover-failed',
        `${[...moved].map(({ source }) => source).join(', ')} on the ${m.source.side} goes on changing behind its write block.`,
        { hint: 'Somebody lifts the block. Find who writes, then try again.' },
      )
  }
}

/** @throws ShardferryError `cutover-failed` unless the account is exact, or lacks only what is accepted */
export function requireExact(report: Report, accepts: (report: Report) => boolean): void {
  if (report.verdict === 'exact' || accepts(report)) return
  const why = report.indices.flatMap(({ index, doubts, sourceCount, targetCount, behind, deleted }) => [
    ...doubts.map(doubt => `${index}: ${doubt}`),
    ...(sourceCount === targetCount
      ? []
      : [`${index}: ${sourceCount ?? 'uncounted'} documents there, ${targetCount ?? 'uncounted'} on the other side`]),
    ...(behind > 0 ? [`${index}: ${behind} operations behind`] : []),
    ...(deleted.state === 'pending' ? [`${index}: deletes are not carried over`] : []),
  ])
  throw new ShardferryError('cutover-failed', `The account is not exact: ${[...why, ...report.notes].slice(0, 5).join('; ')}.`, {
    hint: 'See what differs with: shardferry verify',
  })
}

function factsOf({ from }: Change, report: Report, blockedMs: number | null): CutoverFacts {
  return {
    name: from.plan.name,
    source: from.plan.source.address,
    target: from.plan.target.address,
    indices: report.indices.map(({ index, target, targetCount }) => ({ source: index, target, documents: targetCount })),
    aliases: [...new Set(from.tasks.flatMap(({ aliases }) => Object.keys(aliases)))],
    blockedMs: blockedMs === null ? null : Math.round(blockedMs),
    at: new Date().toISOString(),
  }
}
