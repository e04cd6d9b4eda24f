import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { placeOf } from './compared-index.ts'
import type { SideName } from './compared-index.ts'

/** A document of a bucket that differs. */
export interface Suspected {
  readonly side: SideName
  readonly id: string
  readonly routing: string | undefined
  readonly high: number
  readonly low: number
}

/** Documents of both sides that are held in memory together, at most about. */
const docsPerSlice = 100_000
const flushAtLines = 4_000

/**
 * Documents of the buckets that differ, gathered in one pass whatever their number: where they are too many for memory,
 * in files, each with a slice of the buckets.
 */
export class Slices implements Disposable {
  readonly count: number
  readonly #sliceOf: Int32Array
  readonly #folder: string
  readonly #held: Suspected[] = []
  readonly #lines: string[][]

  /** @param docs documents of both sides by bucket */
  constructor(folder: string, differing: readonly number[], docs: (bucket: number) => number, size: number) {
    this.#folder = folder
    this.#sliceOf = new Int32Array(size).fill(-1)
    let slice = 0
    let filled = 0
    for (const bucket of differing) {
      if (filled > 0 && filled + docs(bucket) > docsPerSlice) {
        slice++
        filled = 0
      }
      this.#sliceOf[bucket] = slice
      filled += docs(bucket)
    }
    this.count = slice + 1
    this.#lines = Array.from({ length: this.count }, () => [])
  }

  wants(bucket: number): boolean {
    return this.#sliceOf[bucket]! >= 0
  }

  add(bucket: number, one: Suspected): void {
    if (this.count === 1) {
      this.#held.push(one)
      return
    }
    const slice = this.#sliceOf[bucket]!
    const lines = this.#lines[slice]!
    lines.push(JSON.stringify([one.side, one.id, one.routing ?? null, one.high, one.low]))
    if (lines.length >= flushAtLines) this.#flush(slice)
  }

  *read(slice: number): Iterable<Suspected> {
    if (this.count === 1) return yield* this.#held
    this.#flush(slice)
    for (const line of readFileSync(this.#file(slice), 'utf8').split('\n')) {
      if (line === '') continue
      const [side, id, routing, high, low] = JSON.parse(line) as [SideName, string, string | null, number, number]
      yield { side, id, routing: routing ?? undefined, high, low }
    }
    rmSync(this.#file(slice))
  }

  [Symbol.dispose](): void {
    for (let slice = 0; slice < this.count; slice++) rmSync(this.#file(slice), { force: true })
  }

  #flush(slice: number): void {
    mkdirSync(this.#folder, { recursive: true })
    const lines = this.#lines[slice]!.splice(0)
    appendFileSync(this.#file(slice), lines.map(line => `${line}\n`).join(''), { mode: 0o600 })
  }

  #file(slice: number): string {
    return join(this.#folder, `slice-${slice}.ndjson`)
  }
}

/** Ids that may be different, of one slice. Without `exact` hashes every id of it may. */
export function candidates(suspected: Iterable<Suspected>, exact: boolean): string[] {
  const ids = new Set<string>()
  const seen = new Map<string, { readonly id: string; source: boolean; target: boolean }>()
  for (const { side, id, routing, high, low } of suspected) {
    if (!exact) {
      ids.add(id)
      continue
    }
    // A document whose partition was read twice may stand in two forms: each of them needs its like.
    const key = `${high}.${low}.${placeOf(id, routing)}`
    const known = seen.get(key) ?? { id, source: false, target: false }
    known[side] = true
    seen.set(key, known)
  }
  for (const { id, source, target } of seen.values()) if (!(source && target)) ids.add(id)
  return [...ids]
}
