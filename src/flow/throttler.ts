import type { Ask } from '../model/entries.ts'
import type { Throttler, World } from '../model/ports.ts'

interface Waiter {
  readonly docs: number
  readonly go: () => void
}

export interface ThrottlerOptions {
  readonly maxWidth: number
  /** 0: no limit. */
  readonly docsPerSecond: number
}

/** Accepted requests in a row that widen the width by one. */
const widenAfter = 12
/** One storm of rejections halves the width once, not once per request of the storm. */
const calmMs = 1_000

/**
 * Bounds the bulk requests under way for the whole job: halved when the target rejects, widened by one after a run of
 * accepted requests, closed while paused. It never closes by itself: width is at least one, so a job always goes on.
 */
export class AdaptiveThrottler implements Throttler {
  readonly #world: World
  #maxWidth: number
  #width: number
  #docsPerSecond: number
  #reason = ''
  #pause: string | undefined
  #active = 0
  #accepted = 0
  #narrowedAtMs = -Infinity
  #nextFreeMs = 0
  #timer: AbortController | undefined
  readonly #waiting: Waiter[] = []

  constructor(world: World, options: ThrottlerOptions) {
    this.#world = world
    this.#maxWidth = options.maxWidth
    this.#width = options.maxWidth
    this.#docsPerSecond = options.docsPerSecond
  }

  get width(): number {
    return this.#width
  }
  get maxWidth(): number {
    return this.#maxWidth
  }
  get reason(): string {
    return this.#pause ?? this.#reason
  }
  get paused(): boolean {
    return this.#pause !== undefined
  }

  get docsPerSecond(): number {
    return this.#docsPerSecond
  }

  async enter(docs: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        if (this.#waiting.length === 0) this.#timer?.abort()
        reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        docs,
        go: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
      this.#admit()
    })
    let left = false
    return () => {
      if (left) return
      left = true
      this.#active--
      this.#admit()
    }
  }

  observe(outcome: 'accepted' | 'rejected', reason = ''): void {
    if (outcome === 'rejected') {
      this.#accepted = 0
      this.#reason = reason
      if (this.#world.now() - this.#narrowedAtMs < calmMs) return
      this.#narrowedAtMs = this.#world.now()
      this.#width = Math.max(1, Math.floor(this.#width / 2))
      return
    }
    if (this.#width >= this.#maxWidth) {
      if (this.#world.now() - this.#narrowedAtMs >= calmMs) this.#reason = ''
      return
    }
    if (++this.#accepted < widenAfter) return
    this.#accepted = 0
    this.#width++
    if (this.#width >= this.#maxWidth) this.#reason = ''
    this.#admit()
  }

  obey(ask: Ask): void {
    switch (ask.what) {
      case 'pause':
        this.#pause = ask.reason
        return
      case 'resume':
        this.#pause = undefined
        break
      case 'throttle':
        if (ask.width !== undefined) {
          this.#maxWidth = Math.max(1, ask.width)
          this.#width = this.#maxWidth
        }
        if (ask.docsPerSecond !== undefined) this.#docsPerSecond = ask.docsPerSecond
        this.#nextFreeMs = 0
        break
      case 'cancel':
      case 'cutover':
      case 'rollback':
      case 'moved':
        return
    }
    this.#admit()
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#active < this.#width && this.#pause === undefined) {
      if (this.#docsPerSecond > 0) {
        const waitMs = this.#nextFreeMs - this.#world.now()
        if (waitMs > 0) return this.#admitLater(waitMs)
        this.#nextFreeMs = this.#world.now() + (1000 * this.#waiting[0]!.docs) / this.#docsPerSecond
      }
      this.#active++
      this.#waiting.shift()!.go()
    }
    if (this.#waiting.length === 0) this.#timer?.abort()
  }

  /** One timer at a time, and none while nobody waits: a shorter one, after a change of the rate, takes the longer one's place. */
  #admitLater(waitMs: number): void {
    this.#timer?.abort()
    const timer = (this.#timer = new AbortController())
    this.#world.sleep(waitMs, timer.signal).then(
      () => this.#admit(),
      () => undefined,
    )
  }
}
