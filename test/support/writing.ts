/** What keeps writers going, whatever they write. */
import { seeded } from '../proxy/random.ts'
import type { Random } from '../proxy/random.ts'

export interface Writing {
  /** Turns that each writer has taken. */
  readonly turns: readonly number[]
  /** Waits until every one has taken so many more. @throws what a turn threw */
  atLeast(more: number): Promise<void>
  /** Ends when every turn has. @throws what a turn threw */
  stop(): Promise<void>
}

/** One turn of a writer, with chance of its own; turns begin with 1. */
export type Turn = (writer: { readonly number: number; readonly random: Random }, turn: number) => Promise<void>

/** Some writers write at the same time, each one turn after the other, until they are stopped or one fails. */
export function keepWriting(writers: number, seed: number, turn: Turn): Writing {
  const turns = Array.from({ length: writers }, () => 0)
  const run = { stopped: false }
  const all = Promise.all(
    turns.map(async (_, number) => {
      const writer = { number, random: seeded(seed, number) }
      while (!run.stopped) {
        await turn(writer, turns[number]! + 1)
        turns[number]!++
      }
    }),
  )
  all.catch(() => (run.stopped = true))
  return {
    turns,
    async atLeast(more) {
      const wanted = turns.map(taken => taken + more)
      while (!run.stopped && turns.some((taken, writer) => taken < wanted[writer]!))
        await new Promise(resolve => setTimeout(resolve, 20))
      if (run.stopped) await all
    },
    async stop() {
      run.stopped = true
      await all
    },
  }
}
