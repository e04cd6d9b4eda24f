import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'
import { changeBegun, cutoverChange, rollbackChange } from './cutover/changes.ts'
import { change, finishChange, isSwitched, liftBlocks, reasonOf, setBlocks, undoChange } from './cutover/cut-over.ts'
import { noWayBack } from './cutover/way-back.ts'
import { follow, watch } from './follow.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'
import { restoreTuning, tuneTargets } from './phases.ts'
import { countStrays } from './strays.ts'
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

/** Without its way back, a target that was followed stays blocked, or applications there alone. @throws ShardferryError */
export function requireWayBack({ memory, plan, back }: Pick<Migration, 'memory' | 'plan' | 'back'>): void {
  const { switches, hasWayBack } = memory.state
  if (switches === 0 || !hasWayBack || back) return
  throw new ShardferryError(
    'settings-invalid',
    `Migration ${plan.name} was cut over with a way back, which cannot be left out any more (--no-follow-back).`,
    { hint: 'Run it without --no-follow-back. When nothing is to be carried back any more, end it with: shardferry complete' },
  )
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

/** Gives the settings that were tuned on either side back. */
export async function restoreBoth(m: Migration, signal: AbortSignal): Promise<void> {
  await restoreTuning(m, signal)
  const back = m.memory.state.switches > 0 ? await wayBack(m) : undefined
  if (back) await restoreTuning({ ...back, memory: m.memory }, signal)
}

async function followToCutover(m: Migration, signal: AbortSignal): Promise<Report> {
  const asked = (): boolean => m.memory.state.cutover.phase === 'asked'
  m.shown.current = m
  for (;;) {
    const left = m.memory.state.switches > 0 ? await wayBack(m) : undefined
    if (left) await holdBack(m, left, m, asked, signal)
    // The target is searchable and replicated, as it will be used; only what exact copies need stays.
    await restoreTuning(m, signal)
    await tuneTargets(m, signal)
    await follow(m, 'following', asked, within => (left ? strays(m, m, within) : Promise.resolve()), signal)
    const { cutover } = m.memory.state
    if (cutover.phase !== 'asked') continue
    m.tally.phase = 'cutting-over'
    const back = await plannedBack(m, signal)
    if (back === 'refused') continue
    const report = await change(cutoverChange(m, back, cutover.conditions), signal)
    if (report) return report
  }
}

async function followToRollback(m: Migration, back: Migration, signal: AbortSignal): Promise<void> {
  const asked = (): boolean => m.memory.state.cutover.phase === 'rollback-asked'
  m.shown.current = back
  for (;;) {
    await holdBack(m, m, back, asked, signal)
    await tuneTargets({ ...back, memory: m.memory }, signal)
    await follow(back, 'following-back', asked, within => strays(m, back, within), signal)
    const { cutover } = m.memory.state
    if (cutover.phase !== 'rollback-asked') continue
    back.tally.phase = 'rolling-back'
    if (await change(rollbackChange(m, back, cutover.conditions), signal)) return
  }
}

/**
 * Keeps the side that was left blocked until applications have moved: what they write there would be lost to the other. As a
 * block has no exceptions, nothing is carried over to it meanwhile. @param left follows that side @param used follows the other
 */
async function holdBack(
  m: Migration,
  left: Migration,
  used: Migration,
  isAsked: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { memory } = m
  if (memory.state.held) await setBlocks(left, memory, signal)
  await watch(used, used === m ? 'following' : 'following-back', () => isAsked() || !memory.state.held, signal)
  // As long as it takes no writes it is known where others begin.
  await patiently(m, () => strays(m, used, signal), signal)
  await patiently(m, () => liftBlocks(left, memory, signal), signal)
}

function strays({ memory }: Pick<Migration, 'memory'>, used: Migration, signal: AbortSignal): Promise<void> {
  return countStrays(used, memory.state.switches, signal)
}

/** The cutover that is asked for is refused where its way back cannot be planned: that may pass. */
async function plannedBack(m: Migration, signal: AbortSignal): Promise<Migration | undefined | 'refused'> {
  try {
    return await wayBack(m)
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (signal.aborted || error.code.startsWith('state-')) throw error
    m.memory.append({ type: 'cutover-undone', reason: reasonOf(error) })
    return 'refused'
  }
}

/** Undefined where nobody follows the target back: there is no way, or a cutover was made without having it listed. */
async function wayBack(m: Migration): Promise<Migration | undefined> {
  const { switches, hasWayBack } = m.memory.state
  if (noWayBack(m.tasks, m.source) !== undefined || (switches > 0 && !hasWayBack)) return undefined
  return await m.back?.()
}
