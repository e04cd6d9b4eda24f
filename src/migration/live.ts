import type { Report } from '../model/report.ts'
import { changeBegun, cutoverChange, rollbackChange } from './cutover/changes.ts'
import { change, finishChange, isSwitched, liftBlocks, undoChange } from './cutover/cut-over.ts'
import { noWayBack } from './cutover/way-back.ts'
import { follow, watch } from './follow.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { restoreTuning, tuneTargets } from './phases.ts'
import { takeAccount } from './take-account.ts'

/**
 * Follows the source until a cutover is made, then the target until it is rolled back, and so on. Gives the account of a
 * cutover after which nobody follows. A change of direction that is refused or fails changes nothing in the end.
 */
export async function live(m: Migration, signal: AbortSignal): Promise<Report> {
  for (;;) {
    const report = isCutOver(m) ? undefined : await followToCutover(m, signal)
    const back = await wayBack(m)
    if (!back) return report ?? (await patiently(m, () => takeAccount(m, signal), signal))
    if (report) m.memory.append({ type: 'finished', report })
    await followToRollback(m, back, signal)
  }
}

function isCutOver({ memory }: Pick<Migration, 'memory'>): boolean {
  return ['done', 'rollback-asked', 'rollback-begun'].includes(memory.state.cutover.phase)
}

/** What an earlier run left of a change of direction is finished, where the switch was made, and else undone. */
export async function settleChange(m: Migration, signal: AbortSignal): Promise<void> {
  const { cutover } = m.memory.state
  if (cutover.phase !== 'begun' && cutover.phase !== 'rollback-begun') return
  const begun = changeBegun(m, await wayBack(m), cutover)
  if (!begun) return
  if (isSwitched(begun)) await finishChange(begun, signal)
  else await undoChange(begun, 'The run that did it ended in the middle; its steps are undone.')
}

async function followToCutover(m: Migration, signal: AbortSignal): Promise<Report> {
  const asked = (): boolean => m.memory.state.cutover.phase === 'asked'
  m.shown.current = m
  for (;;) {
    await watch(m, 'following', () => asked() || !m.memory.state.held, signal)
    // After a rollback the target is blocked: from here on it is written to from the source again.
    const back = m.memory.state.switches > 0 ? await wayBack(m) : undefined
    if (back) await liftBlocks(back, m.memory, signal)
    // The target is searchable and replicated, as it will be used; only what exact copies need stays.
    await restoreTuning(m, signal)
    await tuneTargets(m, signal)
    await follow(m, 'following', asked, signal)
    const { cutover } = m.memory.state
    if (cutover.phase !== 'asked') continue
    m.tally.phase = 'cutting-over'
    const report = await change(cutoverChange(m, await wayBack(m), cutover.conditions), signal)
    if (report) return report
  }
}

async function followToRollback(m: Migration, back: Migration, signal: AbortSignal): Promise<void> {
  const asked = (): boolean => m.memory.state.cutover.phase === 'rollback-asked'
  m.shown.current = back
  for (;;) {
    // Applications that have not moved yet are refused by the block; without it their writes would be lost to the target.
    await watch(back, 'following-back', () => asked() || !m.memory.state.held, signal)
    await patiently(m, () => liftBlocks(m, m.memory, signal), signal)
    await tuneTargets({ ...back, memory: m.memory }, signal)
    await follow(back, 'following-back', asked, signal)
    const { cutover } = m.memory.state
    if (cutover.phase !== 'rollback-asked') continue
    back.tally.phase = 'rolling-back'
    if (await change(rollbackChange(m, back, cutover.conditions), signal)) return
  }
}

/** Undefined where nobody follows the target back. */
async function wayBack(m: Migration): Promise<Migration | undefined> {
  return noWayBack(m.tasks, m.source) === undefined ? await m.back?.() : undefined
}
