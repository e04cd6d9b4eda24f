import { migrationFolder } from '../../assemble.ts'
import { FoldingState } from '../../journal/fold.ts'
import type { MigrationState } from '../../journal/fold.ts'
import { SqliteJournal } from '../../journal/sqlite.ts'
import type { Entry } from '../../model/entries.ts'
import type { Progress } from '../../model/progress.ts'
import { stateOf } from '../../operate/state.ts'
import type { State } from '../../operate/state.ts'

/** What a run journals while it gets on: nothing that somebody who steers it must know of. */
const gettingOn = new Set<Entry['type']>([
  'captured',
  'applied',
  'undone',
  'created',
  'changed',
  'definition-seen',
  'round-opened',
  'observed',
  'submitted',
  'settled',
  'round-closed',
  'rounds-merged',
  'deletes-carried',
  'retried',
  'audited',
])

/** Whether a process holds a migration is asked of the operating system, not more often than this. */
const heldForMs = 1_000

/** A migration of the state folder, whoever runs it: its journal, and the state that this folds to, kept in step. */
export class Watched implements Disposable {
  readonly name: string
  readonly folder: string
  readonly journal: SqliteJournal
  readonly #state = new FoldingState()
  #version = 0
  #held = false
  #heldAtMs = -Infinity

  constructor(stateFolder: string, name: string) {
    this.name = name
    this.folder = migrationFolder(stateFolder, name)
    this.journal = SqliteJournal.open(this.folder)
  }

  get state(): MigrationState {
    this.#catchUp()
    return this.#state
  }

  /** Grows with everything that somebody who steers it must know of: the ETag of a migration. */
  get version(): number {
    this.#catchUp()
    return this.#version
  }

  get held(): boolean {
    if (performance.now() - this.#heldAtMs > heldForMs) this.#lookWhetherHeld()
    return this.#held
  }

  get progress(): Progress | undefined {
    return this.journal.published()?.progress
  }

  get stands(): State {
    return stateOf(this.state, this.held, this.progress)
  }

  /** Another process, or this one, has begun or ended to hold it. */
  #lookWhetherHeld(): void {
    this.#held = this.journal.isHeld()
    this.#heldAtMs = performance.now()
  }

  #catchUp(): void {
    for (const { entry, number, atMs } of this.journal.entries(this.#state.lastNumber)) {
      this.#state.apply(entry, number, atMs)
      if (!gettingOn.has(entry.type)) {
        this.#version = number
        this.#heldAtMs = -Infinity
      }
    }
  }

  [Symbol.dispose](): void {
    this.journal.close()
  }
}
