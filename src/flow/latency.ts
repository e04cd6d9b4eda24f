/** Requests smaller than this say more about the way there than about the cluster. */
const leastBytes = 256 * 1024
const fewest = 3
/** More say no more, and nobody may be asking. */
const most = 1_000

/**
 * How long our own requests take, as milliseconds per MiB: pages adapt their size, and a larger one takes longer without
 * anything being wrong.
 */
export class Latencies {
  #perMib: number[] = []

  took(ms: number, bytes: number): void {
    if (bytes >= leastBytes && this.#perMib.length < most) this.#perMib.push((ms * 1024 * 1024) / bytes)
  }

  /** The median since the last call; undefined after too few requests, which are kept for the next. */
  take(): number | undefined {
    if (this.#perMib.length < fewest) return undefined
    const sorted = this.#perMib.toSorted((a, b) => a - b)
    this.#perMib = []
    return sorted[Math.floor(sorted.length / 2)]
  }
}

/** What is usual, as a mean that moves towards what is learned. */
export class Usual {
  #value: number | undefined

  /** How many times the usual this is; 1 while nothing is known. */
  times(seen: number): number {
    return this.#value === undefined || this.#value === 0 ? 1 : seen / this.#value
  }

  learn(seen: number, share: number): void {
    this.#value = this.#value === undefined ? seen : this.#value + (seen - this.#value) * share
  }

  get value(): number | undefined {
    return this.#value
  }

  /**
   * For what we make worse ourselves: it may rise only while we rest or nearly do, or what we do would become usual step by
   * step; it falls at any time.
   */
  learnGently(seen: number, resting: boolean, gentle: boolean): void {
    const falls = this.#value !== undefined && seen < this.#value
    if (resting || falls) this.learn(seen, 1 / 4)
    else if (gentle) this.learn(seen, 1 / 8)
  }
}
