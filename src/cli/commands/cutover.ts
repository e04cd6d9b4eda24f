import { fold } from '../../journal/fold.ts'
import type { CutoverConditions } from '../../model/entries.ts'
import { plannedCutover, requireCutoverPossible } from '../../operate/change.ts'
import { connectBoth } from '../../operate/clusters.ts'
import type { Settings } from '../../settings/settings.ts'
import { changeDirection, tellMoved } from '../change-direction.ts'
import type { ChangeOptions } from '../change-direction.ts'
import { openKnownJournal } from '../session.ts'
import { cutOverText } from '../view/cutover-text.ts'

export interface CutoverOptions extends ChangeOptions {
  readonly conditions: CutoverConditions
}

/** `shardferry cutover`: shows the steps and the conditions, asks the run that follows the source to do it, and waits for it. */
export async function cutover(settings: Settings, options: CutoverOptions, signal: AbortSignal): Promise<number> {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  const state = fold(open.entries())
  if (options.moved && state.cutover.phase === 'done') {
    tellMoved(open, state.switches, options.json)
    return 0
  }
  const stands = { journal: open, name, state }
  requireCutoverPossible(stands)
  await using clusters = await connectBoth(settings, signal)
  const planned = plannedCutover(stands, { settings, clusters }, options.conditions)
  return await changeDirection(open, name, { ...planned, told: cutOverText }, options, signal)
}
