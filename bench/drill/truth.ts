/**
 * What both sides must hold: a log of every write that was acknowledged. A write that was sent and never answered may or
 * may not have happened; the cluster that is written to is asked once it can be.
 */
export interface Value {
  readonly n: number
  readonly rev: number
  readonly [field: string]: unknown
}

/** `value` is undefined for a document that was deleted. */
export interface Known {
  readonly routing: string | undefined
  readonly value: Value | undefined
  readonly sure: boolean
}

export class Truth {
  readonly #indices = new Map<string, Map<string, Known>>()
  /** Acknowledged writes, one JSON line each, since the last `take`. */
  readonly #log: string[] = []
  acknowledged = 0
  inDoubt = 0
  refused = 0
  #rev = 0

  /** Given out once: no two writes say the same. */
  nextRev(): number {
    return ++this.#rev
  }

  /** Begins to keep an index, or keeps it anew. */
  begin(index: string): void {
    this.#indices.set(index, new Map())
  }

  forget(index: string): void {
    this.#indices.delete(index)
  }

  get indices(): readonly string[] {
    return [...this.#indices.keys()]
  }

  of(index: string): ReadonlyMap<string, Known> {
    return this.#of(index)
  }

  /** The cluster that is written to has said that the document is so. */
  know(index: string, id: string, routing: string | undefined, value: Value | undefined): void {
    this.#of(index).set(id, { routing, value, sure: true })
    this.acknowledged++
    this.#log.push(JSON.stringify([Date.now(), index, id, routing ?? null, value ?? null]))
  }

  /** It was asked to make a change and has not said whether it did. */
  doubt(index: string, id: string, routing: string | undefined): void {
    const known = this.#of(index).get(id)
    this.#of(index).set(id, { routing, value: known?.value, sure: false })
    this.inDoubt++
    this.#log.push(JSON.stringify([Date.now(), index, id, routing ?? null, '?']))
  }

  /** A write was refused, for certain. */
  refuse(index: string, id: string, why: string): void {
    this.refused++
    this.#log.push(JSON.stringify([Date.now(), index, id, why]))
  }

  doubtful(index: string): readonly string[] {
    return [...this.#of(index)].filter(([, { sure }]) => !sure).map(([id]) => id)
  }

  /** The log since it was last taken. */
  take(): string {
    return this.#log.splice(0).join('\n')
  }

  #of(index: string): Map<string, Known> {
    const known = this.#indices.get(index)
    if (known === undefined) throw new Error(`Nothing is kept of ${index}.`)
    return known
  }
}
