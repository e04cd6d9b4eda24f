/**
 * A few tasks under way at once. After the first failure no further task is started, and `drain` (or the next `start`)
 * throws that failure once the others have ended: nothing is left running behind the caller's back.
 */
export class InFlight {
  readonly #limit: number
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly thrown: unknown } | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Waits for a place, then starts the task without waiting for its end. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit && !this.#failure) await Promise.race(this.#running)
    if (this.#failure) return this.drain()
    const run = task()
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown }
      })
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** Waits until all have ended. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    if (this.#failure) throw this.#failure.thrown
  }
}
