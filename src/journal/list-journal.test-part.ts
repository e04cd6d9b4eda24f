import type { Entry, StoredEntry } from '../model/entries.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Journal } from '../model/ports.ts'

/** For tests: a journal that outlives its process, kept in a list. */
export interface ListJournal extends Journal {
  readonly kept: readonly Entry[]
  /** Entries of this type cannot be written. */
  failAt?: Entry['type']
}

export function journalOf(entries: Entry[] = []): ListJournal {
  const journal: ListJournal = {
    kept: entries,
    append: entry => {
      if (entry.type === journal.failAt) throw new ShardferryError('state-unwritable', 'disk full')
      entries.push(entry)
    },
    entries: (after = 0) =>
      entries.map((entry, at): StoredEntry => ({ number: at + 1, atMs: 0, entry })).filter(({ number }) => number > after),
  }
  return journal
}
