import { thisProcess } from '../assemble.ts'
import { fold } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { SqliteJournal } from '../journal/sqlite.ts'
import { endedBy } from '../migration/ended-by.ts'
import type { Entry } from '../model/entries.ts'
import { asShardferryError } from '../model/errors.ts'

/**
 * Does something for a migration as the one process that may. Holding it counts as a start: afterwards it stands as it did
 * before, or, where this failed, as a run that failed so; killed meanwhile it is interrupted, and a run restores what is tuned.
 * @throws ShardferryError `state-held`, and whatever `act` throws
 */
export async function whileHolding<T>(journal: SqliteJournal, act: () => Promise<T>): Promise<T> {
  journal.lock(thisProcess())
  const before = fold(journal.entries())
  journal.hold(thisProcess())
  try {
    const done = await act()
    for (const entry of asBefore(before)) journal.append(entry)
    return done
  } catch (thrown) {
    const error = asShardferryError(thrown)
    // What is found amiss in the state folder is found before anything is done.
    for (const entry of error.code.startsWith('state-') ? asBefore(before) : endedBy(error)) journal.append(entry)
    throw thrown
  }
}

function asBefore({ outcome, report, cancelled }: MigrationState): readonly Entry[] {
  switch (outcome?.kind) {
    case 'finished':
      return report ? [{ type: 'finished', report }] : []
    case 'completed':
      return [{ type: 'completed' }]
    case 'stopped': {
      const stopped: Entry = { type: 'stopped', reason: outcome.reason }
      return cancelled ? [{ type: 'asked', ask: { what: 'cancel' } }, stopped] : [stopped]
    }
    case 'failed':
      return [{ type: 'failed', code: outcome.code, message: outcome.message, hint: outcome.hint }]
    case undefined:
      return []
  }
}
