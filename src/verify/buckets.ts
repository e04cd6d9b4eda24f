/**
 * Sums of document hashes, one sum of 64 bits and one count per bucket. Invariant: the sums depend on which documents
 * were added, and on nothing else; the order, the partitions and the side they came from do not matter.
 */
export class Buckets {
  readonly size: number
  readonly counts: Uint32Array
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #memory: Uint32Array

  /** @param size a power of two */
  constructor(size: number, memory: Uint32Array = new Uint32Array(3 * size)) {
    this.size = size
    this.#memory = memory
    this.counts = memory.subarray(0, size)
    this.#high = memory.subarray(size, 2 * size)
    this.#low = memory.subarray(2 * size, 3 * size)
  }

  add(bucket: number, high: number, low: number, count = 1): void {
    const sum = this.#low[bucket]! + low
    this.#low[bucket] = sum
    this.#high[bucket] = this.#high[bucket]! + high + (sum > 0xffffffff ? 1 : 0)
    this.counts[bucket] = this.counts[bucket]! + count
  }

  addAll(other: Buckets): void {
    for (let i = 0; i < this.size; i++) this.add(i, other.#high[i]!, other.#low[i]!, other.counts[i])
  }

  /** Buckets that do not hold the same documents on both sides. */
  differing(other: Buckets): number[] {
    const found: number[] = []
    for (let i = 0; i < this.size; i++) {
      const same = this.counts[i] === other.counts[i] && this.#high[i] === other.#high[i] && this.#low[i] === other.#low[i]
      if (!same) found.push(i)
    }
    return found
  }

  get docs(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** The sum of all buckets, as 16 hex digits. */
  get digest(): string {
    let sum = 0n
    for (let i = 0; i < this.size; i++) sum += (BigInt(this.#high[i]!) << 32n) | BigInt(this.#low[i]!)
    return BigInt.asUintN(64, sum).toString(16).padStart(16, '0')
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#memory.byteOffset, this.#memory.byteLength)
  }
}

/** Few enough to keep for any index, many enough that a bucket that differs holds few documents. */
export function bucketsFor(docs: number): number {
  let size = 256
  while (size < 65_536 && 16 * size < docs) size *= 2
  return size
}
