import type { Ask, Pace } from '../../model/entries.ts'
import { requireAskable } from '../../operate/ask.ts'
import type { MigrationSettings } from '../../settings/settings.ts'
import { print } from '../output.ts'
import { openKnownJournal } from '../session.ts'
import { formatBytes } from '../view/numbers.ts'

/**
 * `shardferry pause | resume | throttle | cancel`: puts a wish into the journal, which the running process follows within a
 * second. A dry run only says whether it could, and what.
 */
export function control(settings: MigrationSettings, ask: Ask, { dryRun }: { readonly dryRun: boolean }): number {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  requireAskable(open, name, ask)
  if (dryRun) {
    print(`Would ask ${name} to ${described(ask)}. Nothing is changed.`)
    return 0
  }
  open.append({ type: 'asked', ask })
  print(`Asked ${name} to ${described(ask)}.`)
  return 0
}

/** What is asked for, after "asked to". */
export function described(ask: Ask): string {
  switch (ask.what) {
    case 'pause':
      return 'pause; it goes on with: shardferry resume'
    case 'resume':
      return 'go on'
    case 'cancel':
      return 'stop, and to restore the settings that were tuned'
    case 'cutover':
      return 'cut over'
    case 'rollback':
      return 'roll back'
    case 'moved':
      return 'carry writes over to the side that applications have left'
    case 'throttle':
      return pace(ask)
  }
}

function pace({ width, docsPerSecond, bytesPerSecond, maxLoad, windows }: Pace): string {
  const limit = (value: number | undefined, what: string, shown: string): string[] =>
    value === undefined ? [] : [value === 0 ? `write without a limit on ${what} a second` : `write at most ${shown} a second`]
  const parts = [
    ...(width === undefined ? [] : [`send ${width} bulk requests at once`]),
    ...limit(docsPerSecond, 'documents', `${docsPerSecond} documents`),
    ...limit(bytesPerSecond, 'bytes', formatBytes(bytesPerSecond ?? 0)),
    ...(maxLoad === undefined ? [] : [maxLoad === 0 ? 'bear any load' : `slow down above a load of ${maxLoad} per processor`]),
    ...(windows === undefined ? [] : [windows.length === 0 ? 'move at any time' : `rest outside of ${windows.join(', ')}`]),
  ]
  return parts.join(' and ')
}
