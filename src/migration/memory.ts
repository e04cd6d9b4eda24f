import { FoldingState } from '../journal/fold.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { Ask, Entry } from '../model/entries.ts'
import type { Journal } from '../model/ports.ts'

/** A journal and the state it folds to, kept in step: durable first, then in memory. */
export class Memory {
  readonly #journal: Journal
  readonly #state = new FoldingState()
  #asks: Ask[] = []

  constructor(journal: Journal) {
    this.#journal = journal
    this.#catchUp()
    this.#asks = []
  }

  get state(): MigrationState {
    return this.#state
  }

  append(entry: Entry): void {
    this.#journal.append(entry)
    this.#catchUp()
  }

  /** What other processes have asked since the last call. */
  takeAsks(): readonly Ask[] {
    this.#catchUp()
    return this.#asks.splice(0)
  }

  #catchUp(): void {
    for (const { entry, number, atMs } of this.#journal.entries(this.#state.lastNumber)) {
      this.#state.apply(entry, number, atMs)
      if (entry.type === 'asked') this.#asks.push(entry.ask)
    }
  }
}
