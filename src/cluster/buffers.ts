/**
 * Large buffers used again and again. Pages and bulk bodies of some megabytes come and go many times a second;
 * left to the garbage collector, the process grows to several times what is in use.
 */
export class Buffers {
  readonly #free: ArrayBuffer[] = []
  readonly #keep: number

  constructor(keep = 12) {
    this.#keep = keep
  }

  /** A buffer of at least `bytes`; its content is whatever was there before. */
  take(bytes: number): Uint8Array {
    let best = -1
    for (let i = 0; i < this.#free.length; i++) {
      const size = this.#free[i]!.byteLength
      if (size >= bytes && size <= Math.max(4 * bytes, smallest) && (best < 0 || size < this.#free[best]!.byteLength)) best = i
    }
    if (best >= 0) return new Uint8Array(this.#free.splice(best, 1)[0]!)
    return new Uint8Array(new ArrayBuffer(Math.max(smallest, Math.ceil(bytes / step) * step)))
  }

  /** Gives a buffer (or a view on one) back. A caller does so once, and holds no view on it afterwards. */
  give(view: Uint8Array): void {
    const buffer = view.buffer as ArrayBuffer
    if (buffer.byteLength > largestKept || buffer.byteLength < smallest || this.#free.includes(buffer)) return
    if (this.#free.length >= this.#keep) this.#free.shift()
    this.#free.push(buffer)
  }
}

const step = 512 * 1024
const smallest = 512 * 1024
/** One document of 100 MB must not pin its memory for the rest of the run. */
const largestKept = 24 * 1024 * 1024

/** Shared by all connections of the process. */
export const buffers: Buffers = new Buffers()
