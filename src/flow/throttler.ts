import type { Ask, Pace } from '../model/entries.ts'
import type { PausedBy, Throttler, World } from '../model/ports.ts'
import { Latencies } from './latency.ts'

interface Waiter {
  readonly docs: number
  readonly bytes: number
  readonly go: () => void
}

export interface ThrottlerOptions extends Omit<Pace, 'width'> {
  readonly maxWidth: number
  /** 0: no limit. */
  readonly docsPerSecond: number
}

/** Accepted requests in a row that widen the width by one. */
const widenAfter = 12
/** One storm of rejections halves the width once, not once per request of the storm. */
const calmMs = 1_000
/** Longest rest between two requests, however long the one before took. */
const longestRestMs = 5_000
/** Who is told first, where there is more than one reason to rest. */
const restsInOrder = ['asked', 'file', 'window'] as const satisfies readonly PausedBy[]

/**
 * Bounds the bulk requests under way for the whole job: halved when the target rejects, widened by one after a run of
 * accepted requests, and never more than what pressure allows. It closes only where a person wants it to rest; otherwise
 * the width is at least one, so a job always goes on.
 */
export class AdaptiveThrottler implements Throttler {
  /** Of requests that were let in with bytes. */
  readonly latencies = new Latencies()
  readonly #world: World
  #maxWidth: number
  /** As far as the target takes what it is sent. */
  #width: number
  /** As far as pressure allows; below one, the share of the time in which one request works. */
  #allowance = Infinity
  #allowanceReason = ''
  #pace: Required<Omit<Pace, 'width'>>
  #reason = ''
  readonly #rests = new Map<PausedBy, string>()
  #hurries = 0
  #active = 0
  #entered = 0
  #accepted = 0
  #narrowedAtMs = -Infinity
  /** By the limits of documents and bytes a second. */
  #nextFreeMs = 0
  /** As less than one request at once is allowed. */
  #restUntilMs = 0
  #timer: AbortController | undefined
  readonly #waiting: Waiter[] = []

  constructor(world: World, options: ThrottlerOptions) {
    const { maxWidth, docsPerSecond, bytesPerSecond = 0, maxLoad = 0, windows = [] } = options
    this.#world = world
    this.#maxWidth = maxWidth
    this.#width = maxWidth
    this.#pace = { docsPerSecond, bytesPerSecond, maxLoad, windows }
  }

  get width(): number {
    return Math.max(1, Math.min(this.#width, Math.floor(this.#allowed)))
  }
  get maxWidth(): number {
    return this.#maxWidth
  }
  get reason(): string {
    return this.#restReason ?? (this.#allowed < this.#width ? this.#allowanceReason : this.#reason)
  }
  get paused(): boolean {
    return this.pausedBy !== undefined
  }
  get pausedBy(): PausedBy | undefined {
    return (this.#hurries > 0 ? (['asked'] as const) : restsInOrder).find(by => this.#rests.has(by))
  }
  get docsPerSecond(): number {
    return this.#pace.docsPerSecond
  }
  get bytesPerSecond(): number {
    return this.#pace.bytesPerSecond
  }
  get maxLoad(): number {
    return this.#pace.maxLoad
  }
  get windows(): readonly string[] {
    return this.#pace.windows
  }
  /** Requests let in so far. */
  get entered(): number {
    return this.#entered
  }
  get active(): number {
    return this.#active
  }

  async enter(docs: number, bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        if (this.#waiting.length === 0) this.#timer?.abort()
        reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        docs,
        bytes,
        go: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
      this.#admit()
    })
    const enteredAtMs = this.#world.now()
    let left = false
    return () => {
      if (left) return
      left = true
      this.#active--
      this.#leave(this.#world.now() - enteredAtMs, bytes)
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

  /** What pressure allows from now on: requests at once, or below one the share of the time in which one works; Infinity: all. */
  allow(allowance: number, reason: string): void {
    this.#allowance = allowance
    this.#allowanceReason = reason
    if (allowance >= 1) this.#restUntilMs = 0
    this.#admit()
  }

  /** Lets nobody in for a reason, or, without one, no longer for this one. */
  rest(by: PausedBy, reason: string | undefined): void {
    if (reason === undefined) this.#rests.delete(by)
    else this.#rests.set(by, reason)
    this.#admit()
  }

  hurry(): Disposable {
    this.#hurries++
    this.#restUntilMs = 0
    this.#nextFreeMs = 0
    this.#admit()
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (held) this.#hurries--
        held = false
      },
    }
  }

  obey(ask: Ask): void {
    switch (ask.what) {
      case 'pause':
        return this.rest('asked', ask.reason)
      case 'resume':
        return this.rest('asked', undefined)
      case 'throttle': {
        const { what: _, width, ...pace } = ask
        if (width !== undefined) {
          this.#maxWidth = Math.max(1, width)
          this.#width = this.#maxWidth
        }
        this.#pace = { ...this.#pace, ...pace }
        this.#nextFreeMs = 0
        return this.#admit()
      }
      case 'cancel':
      case 'cutover':
      case 'rollback':
      case 'moved':
        return
    }
  }

  get #allowed(): number {
    return this.#hurries > 0 ? Infinity : this.#allowance
  }

  get #restReason(): string | undefined {
    const by = this.pausedBy
    return by && this.#rests.get(by)
  }

  #leave(heldMs: number, bytes: number): void {
    this.latencies.took(heldMs, bytes)
    if (this.#allowed >= 1) return
    const restMs = Math.min(longestRestMs, heldMs * (1 / this.#allowed - 1))
    this.#restUntilMs = Math.max(this.#restUntilMs, this.#world.now() + restMs)
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#active < this.width && !this.paused) {
      const waitMs = Math.max(this.#nextFreeMs, this.#restUntilMs) - this.#world.now()
      if (waitMs > 0) return this.#admitLater(waitMs)
      this.#nextFreeMs = this.#world.now() + this.#takesMs(this.#waiting[0]!)
      this.#active++
      this.#entered++
      this.#waiting.shift()!.go()
    }
    if (this.#waiting.length === 0) this.#timer?.abort()
  }

  /** At the limits of documents and bytes a second. */
  #takesMs({ docs, bytes }: Waiter): number {
    if (this.#hurries > 0) return 0
    const { docsPerSecond, bytesPerSecond } = this.#pace
    const byDocs = docsPerSecond > 0 ? (1000 * docs) / docsPerSecond : 0
    const byBytes = bytesPerSecond > 0 ? (1000 * bytes) / bytesPerSecond : 0
    return Math.max(byDocs, byBytes)
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
