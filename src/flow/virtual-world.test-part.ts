import type { AnyCrashPoint } from '../model/crash-points.ts'
import type { World } from '../model/ports.ts'

/** For tests: a world whose clock moves only when it is told to, or with every sleep. */
export interface VirtualWorld extends World {
  /** Moves the clock on; who sleeps until then wakes up in order, each before the clock goes further. */
  advance(ms: number): Promise<void>
  /** Sleeps asked for so far, in milliseconds. */
  readonly naps: readonly number[]
  /** Sleepers that have neither woken up nor been aborted. */
  readonly sleeping: number
  readonly passed: readonly AnyCrashPoint[]
}

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

/** `restless`: a sleep moves the clock itself and ends at the next turn of the event loop. `crashAt` throws where a process would die. */
export function virtualWorld(options: { restless?: boolean; random?: () => number; crashAt?: AnyCrashPoint } = {}): VirtualWorld {
  let nowMs = 1_000_000
  const naps: number[] = []
  const passed: AnyCrashPoint[] = []
  const sleepers = new Set<Sleeper>()
  return {
    naps,
    passed,
    get sleeping() {
      return sleepers.size
    },
    now: () => nowMs,
    minuteOfDay: () => Math.floor(nowMs / 60_000) % (24 * 60),
    random: options.random ?? (() => 1),
    sleep: async (ms, signal) => {
      naps.push(ms)
      signal.throwIfAborted()
      if (options.restless) {
        nowMs += ms
        await turn()
        return signal.throwIfAborted()
      }
      await new Promise<void>((resolve, reject) => {
        const sleeper = { atMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => sleepers.delete(sleeper) && reject(signal.reason as Error), { once: true })
      })
    },
    reached: point => {
      passed.push(point)
      if (point === options.crashAt) throw new Crash(point)
    },
    advance: async ms => {
      const untilMs = nowMs + ms
      for (;;) {
        const [next] = [...sleepers].filter(sleeper => sleeper.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)
        if (!next) break
        sleepers.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.wake()
        await turn()
      }
      nowMs = untilMs
      await turn()
    },
  }
}

/** What a test throws in place of a kill -9. */
export class Crash extends Error {}

/** Everything that can go on without time or network has gone on. */
export function turn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}

export const never: AbortSignal = new AbortController().signal
