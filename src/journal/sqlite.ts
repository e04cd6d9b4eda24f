/**
 * Invariant: an entry is on disk when `append` returns (WAL with synchronous=FULL), and one process at a time appends
 * to a run. The exclusive lock is a SQLite lock on a file of its own: the operating system drops it when its holder
 * dies, however it dies. Asks (pause, throttle, …) come from other processes and need no lock.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ShardferryError } from '../model/errors.ts'
import type { Entry, Holder, StoredEntry } from '../model/entries.ts'
import type { Journal } from '../model/ports.ts'
import type { Progress } from '../model/progress.ts'

/** Each brings the schema from its position to the next; `user_version` tells how many have run. Never edit one that was released. */
const migrations: readonly string[] = [
  `CREATE TABLE entry (number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL) STRICT;
   CREATE INDEX entry_type ON entry (type, number);
   CREATE TABLE live (one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER NOT NULL, progress TEXT NOT NULL) STRICT;`,
]

/** A migration's journal in a folder of its own. */
export class SqliteJournal implements Journal, Disposable {
  readonly #db: DatabaseSync
  readonly #folder: string
  #lock: DatabaseSync | undefined

  private constructor(db: DatabaseSync, folder: string) {
    this.#db = db
    this.#folder = folder
  }

  /** Opens or makes the journal in `folder`. @throws ShardferryError `state-version`, `state-unwritable` */
  static open(folder: string): SqliteJournal {
    return guarded(folder, () => {
      mkdirSync(folder, { recursive: true })
      const db = new DatabaseSync(join(folder, 'journal.db'), { timeout: 5_000 })
      try {
        db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
        migrate(db, folder)
        return new SqliteJournal(db, folder)
      } catch (thrown) {
        db.close()
        throw thrown
      }
    })
  }

  append(entry: Entry): void {
    guarded(this.#folder, () => {
      const { type, ...body } = entry
      this.#db.prepare('INSERT INTO entry (at_ms, type, body) VALUES (?, ?, ?)').run(Date.now(), type, JSON.stringify(body))
    })
  }

  *entries(after = 0, types?: readonly Entry['type'][]): Iterable<StoredEntry> {
    const only = types ? `AND type IN (${types.map(type => `'${type}'`).join(',')})` : ''
    const rows = this.#db
      .prepare(`SELECT number, at_ms, type, body FROM entry WHERE number > ? ${only} ORDER BY number`)
      .iterate(after)
    for (const row of rows) {
      const entry = { type: row['type'], ...(JSON.parse(row['body'] as string) as object) } as Entry
      yield { number: row['number'] as number, atMs: row['at_ms'] as number, entry }
    }
  }

  /** Makes this process the one that may run the migration, until `close`. @throws ShardferryError `state-held`, naming the holder */
  lock(holder: Holder): void {
    if (this.#lock) return
    // Somebody who only asks whether it is held holds it for a moment.
    const lock = guarded(this.#folder, () => new DatabaseSync(join(this.#folder, 'lock.db'), { timeout: 300 }))
    try {
      lock.exec('BEGIN EXCLUSIVE')
      this.#lock = lock
    } catch (cause) {
      lock.close()
      if (!isBusy(cause)) throw stateError(this.#folder, cause)
      throw new ShardferryError('state-held', `This migration is being run${this.#heldBy()}.`, {
        cause,
        hint: 'Watch it with: shardferry status. Stop it there with Ctrl-C, or with: shardferry cancel. Then run again.',
      })
    }
    guarded(this.#folder, () => writeFileSync(this.#holderFile, JSON.stringify({ ...holder, sinceMs: Date.now() })))
  }

  /** As `lock`, and journals that a run begins, or that something is changed for the migration. */
  hold(holder: Holder, as: 'started' | 'opened' = 'started'): void {
    this.lock(holder)
    this.append({ type: as, holder })
  }

  get #holderFile(): string {
    return join(this.#folder, 'holder.json')
  }

  /** Who holds the lock writes its name a moment later. */
  #heldBy(): string {
    try {
      const { pid, host, sinceMs } = JSON.parse(readFileSync(this.#holderFile, 'utf8')) as Holder & { sinceMs: number }
      return ` by process ${pid} on ${host}, since ${new Date(sinceMs).toISOString()}`
    } catch {
      return ''
    }
  }

  /** Whether some process holds the run now. */
  isHeld(): boolean {
    const lock = new DatabaseSync(join(this.#folder, 'lock.db'), { timeout: 0 })
    try {
      lock.exec('BEGIN EXCLUSIVE; ROLLBACK')
      return false
    } catch {
      return true
    } finally {
      lock.close()
    }
  }

  /** How the run stands, for `status` in another terminal; not part of the migration's memory. */
  publish(progress: Progress): void {
    guarded(this.#folder, () =>
      this.#db
        .prepare(
          'INSERT INTO live (one, at_ms, progress) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET at_ms = excluded.at_ms, progress = excluded.progress',
        )
        .run(Date.now(), JSON.stringify(progress)),
    )
  }

  published(): { readonly atMs: number; readonly progress: Progress } | undefined {
    const row = this.#db.prepare('SELECT at_ms, progress FROM live').get()
    return row && { atMs: row['at_ms'] as number, progress: JSON.parse(row['progress'] as string) as Progress }
  }

  close(): void {
    this.#lock?.close()
    this.#lock = undefined
    if (this.#db.isOpen) this.#db.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function migrate(db: DatabaseSync, folder: string): void {
  if (schemaOf(db, folder) === migrations.length) return
  // Another process may do the same now: who gets the lock second finds nothing left to do.
  db.exec('BEGIN IMMEDIATE')
  for (let next = schemaOf(db, folder); next < migrations.length; next++)
    db.exec(`${migrations[next]} PRAGMA user_version = ${next + 1};`)
  db.exec('COMMIT')
}

/** @throws ShardferryError `state-version` */
function schemaOf(db: DatabaseSync, folder: string): number {
  const at = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (at <= migrations.length) return at
  throw new ShardferryError(
    'state-version',
    `The state folder ${folder} was written by a newer version of Shardferry (schema ${at}, known up to ${migrations.length}).`,
    {
      hint: 'Use that newer version for this migration, or another state folder: --state FOLDER.',
    },
  )
}

function guarded<T>(folder: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    throw thrown instanceof ShardferryError ? thrown : stateError(folder, thrown)
  }
}

function isBusy(thrown: unknown): boolean {
  return (thrown as { errcode?: number }).errcode === 5 || /database is locked/.test(String(thrown))
}

function stateError(folder: string, cause: unknown): ShardferryError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const full = /disk is full|ENOSPC|disk I\/O/i.test(reason)
  if (/not a database|malformed/i.test(reason))
    return new ShardferryError('state-unwritable', `The journal in the state folder ${folder} is damaged: ${reason}.`, {
      cause,
      hint: 'Put it back from a copy, if there is one. Otherwise move the folder away and start again: what was copied stays on the target, and --into-existing writes only what is newer.',
    })
  return new ShardferryError(
    'state-unwritable',
    `The state folder ${folder} cannot be ${full ? 'written: the disk is full' : `used: ${reason}`}.`,
    {
      cause,
      hint: full
        ? 'Free some space there, then run the same command again: nothing is lost.'
        : 'Check its permissions, or choose another: --state FOLDER.',
    },
  )
}
