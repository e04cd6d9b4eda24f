import type { Ask } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { MigrationSettings } from '../../settings/settings.ts'
import { print } from '../output.ts'
import { openKnownJournal } from '../session.ts'

/** `shardferry pause | resume | throttle | cancel`: puts a wish into the journal, which the running process follows within a second. */
export function control(settings: MigrationSettings, ask: Ask): number {
  const { journal, name } = openKnownJournal(settings)
  using open = journal
  if (!open.isHeld() && ask.what !== 'throttle') {
    throw new ShardferryError('state-missing', `Migration ${name} is not running.`, {
      hint: `See how it stands with: shardferry status ${name}. Start or resume it with: shardferry run --name ${name}`,
    })
  }
  open.append({ type: 'asked', ask })
  print(`Asked ${name} to ${described(ask)}.`)
  return 0
}

function described(ask: Ask): string {
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
    case 'throttle': {
      const parts = [
        ask.width === undefined ? '' : `send ${ask.width} bulk requests at once`,
        ask.docsPerSecond === undefined
          ? ''
          : ask.docsPerSecond === 0
            ? 'write without a limit on documents a second'
            : `write at most ${ask.docsPerSecond} documents a second`,
      ]
      return parts.filter(part => part !== '').join(' and ')
    }
  }
}
