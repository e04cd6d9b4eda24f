import type { Report } from '../model/report.ts'
import { cutOver, finishCutover, isSwitched, undoCutover } from './cutover/cut-over.ts'
import { follow } from './follow.ts'
import type { Migration } from './migration.ts'
import { restoreTuning, tuneTargets } from './phases.ts'

/**
 * Follows the source until a cutover succeeds, and gives the account of that. One that is refused or fails changes nothing
 * in the end, and the source is followed on.
 */
export async function followToCutover(m: Migration, signal: AbortSignal): Promise<Report> {
  for (;;) {
    // From here on the target is searchable and replicated, as it will be used; only what exact copies need stays.
    await restoreTuning(m, signal)
    await tuneTargets(m, signal)
    await follow(m, signal)
    const { cutover } = m.memory.state
    const report = cutover.phase === 'asked' ? await cutOver(m, cutover.conditions, signal) : undefined
    if (report) return report
  }
}

/** What an earlier run left of a cutover is finished, where the switch was made, or else undone. Gives the account of a finished one. */
export async function settleCutover(m: Migration, signal: AbortSignal): Promise<Report | undefined> {
  if (m.memory.state.cutover.phase !== 'begun') return undefined
  if (isSwitched(m)) return await finishCutover(m, signal)
  await undoCutover(m, 'The run that did it ended in the middle; its steps are undone.')
  return undefined
}
