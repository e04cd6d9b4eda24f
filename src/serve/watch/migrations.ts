import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ShardferryError } from '../../model/errors.ts'
import { migrationsIn } from '../../operate/state-folder.ts'
import { Watched } from './watched.ts'

/** The migrations of one state folder, whoever runs them. */
export class Migrations implements Disposable {
  readonly stateFolder: string
  readonly #watched = new Map<string, Watched>()

  constructor(stateFolder: string) {
    this.stateFolder = stateFolder
  }

  /** By name. */
  all(): readonly Watched[] {
    return migrationsIn(this.stateFolder)
      .toSorted()
      .map(name => this.#watch(name))
  }

  has(name: string): boolean {
    return migrationsIn(this.stateFolder).includes(name)
  }

  /** @throws ShardferryError `state-missing` */
  named(name: string): Watched {
    if (this.has(name)) return this.#watch(name)
    throw new ShardferryError('state-missing', `There is no migration named ${JSON.stringify(name)}.`, {
      hint: 'List them: GET /api/v1/migrations, or shardferry list',
    })
  }

  #watch(name: string): Watched {
    const known = this.#watched.get(name)
    if (known && existsSync(join(known.folder, 'journal.db'))) return known
    known?.[Symbol.dispose]()
    const fresh = new Watched(this.stateFolder, name)
    this.#watched.set(name, fresh)
    return fresh
  }

  [Symbol.dispose](): void {
    for (const one of this.#watched.values()) one[Symbol.dispose]()
    this.#watched.clear()
  }
}
