import type { SqliteJournal } from '../journal/sqlite.ts'
import type { Ask } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'

/** A pace holds for the next run too; everything else is for the one that is under way. @throws ShardferryError `state-missing` */
export function requireAskable(journal: Pick<SqliteJournal, 'isHeld'>, name: string, { what }: Ask): void {
  if (what === 'throttle' || journal.isHeld()) return
  throw new ShardferryError('state-missing', `Migration ${name} is not running.`, {
    hint: `See how it stands with: shardferry status ${name}. Start or resume it with: shardferry run --name ${name}`,
  })
}
