import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Listed } from '../../model/documents.ts'
import { readRowFile, RowFile } from './folder.ts'
import type { Row, Versions } from './rows.ts'

/** Places held in memory together, at most about. */
const placesAtOnce = 100_000
const filesAtOnce = 16

/**
 * Rows of documents whose numbers are gone, and of those that came later and are live: what is in the former and not in
 * the latter is gone. Invariant: memory is bounded, whatever the number of rows; they are spread over files by their id,
 * and a file with too many is spread again.
 */
export class Spill implements Disposable {
  gone = 0
  #rows = 0
  readonly #folder: string
  readonly #versions: Versions
  readonly #depth: number
  readonly #files = new Map<string, RowFile>()
  readonly #docs = new Map<number, number>()

  /** @param folder of its own; it goes with it */
  constructor(folder: string, versions: Versions, depth = 0) {
    this.#folder = folder
    this.#versions = versions
    this.#depth = depth
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }

  add(row: Row, kind: 'gone' | 'live'): void {
    const slice = row.idHash(this.#depth) % filesAtOnce
    this.#fileOf(slice, kind).rows.copy(row)
    this.#docs.set(slice, (this.#docs.get(slice) ?? 0) + 1)
    this.#rows++
    if (kind === 'gone') this.gone++
  }

  /** Each place that is gone, once, as it was copied last. */
  *places(): Iterable<Listed> {
    for (const file of this.#files.values()) file.end(false)
    for (let slice = 0; slice < filesAtOnce; slice++) {
      const docs = this.#docs.get(slice) ?? 0
      if (docs === 0) continue
      // One id under very many routings stays together, however often it is spread.
      if (docs > placesAtOnce && docs < this.#rows) yield* this.#spreadAgain(slice)
      else yield* this.#joined(slice)
    }
    this.#files.clear()
  }

  *#spreadAgain(slice: number): Iterable<Listed> {
    using finer = new Spill(join(this.#folder, `spread-${slice}`), this.#versions, this.#depth + 1)
    for (const kind of ['gone', 'live'] as const) this.#read(slice, kind, row => finer.add(row, kind))
    yield* finer.places()
  }

  *#joined(slice: number): Iterable<Listed> {
    const live = new Set<string>()
    this.#read(slice, 'live', row => live.add(keyOf(row)))
    const places = new Map<string, Listed & { readonly seqNo: number }>()
    this.#read(slice, 'gone', row => {
      const key = keyOf(row)
      if (live.has(key)) return
      const { id, routing, version, seqNo, rejected } = row
      const known = places.get(key)
      const highest = known && known.highest > version ? known.highest : version
      // What was refused is not what stands on the target.
      const later = !known || (rejected === known.rejected ? seqNo > known.seqNo : known.rejected)
      places.set(key, later ? { id, routing, version, highest, rejected, seqNo } : { ...known, highest })
    })
    yield* places.values()
  }

  #read(slice: number, kind: 'gone' | 'live', visit: (row: Row) => void): void {
    if (this.#files.has(`${kind}-${slice}`)) readRowFile(join(this.#folder, `${kind}-${slice}`), visit)
  }

  #fileOf(slice: number, kind: 'gone' | 'live'): RowFile {
    const name = `${kind}-${slice}`
    const known = this.#files.get(name)
    if (known) return known
    const file = new RowFile(join(this.#folder, name), this.#versions)
    this.#files.set(name, file)
    return file
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.discard()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function keyOf({ id, routing }: Row): string {
  return routing === undefined ? `-${id}` : `${routing.length}:${routing}${id}`
}
