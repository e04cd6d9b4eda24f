/** Applications that move from one cluster to the other, each writer at a moment of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Writing } from '../../../test/support/writing.ts'
import type { DrillCluster } from '../cluster.ts'
import type { Stage } from '../fault.ts'
import { startWriters, writers } from '../writers.ts'
import type { Written } from '../writers.ts'

export type Side = 'source' | 'target'

export class Applications {
  readonly #stage: Stage
  readonly #written: readonly Written[]
  readonly #seed: number
  readonly #at: Side[] = Array.from({ length: writers }, () => 'source')
  #writing: Pick<Writing, 'stop'> | undefined
  #turns = 0

  constructor(stage: Stage, written: readonly Written[], seed: number) {
    this.#stage = stage
    this.#written = written
    this.#seed = seed
  }

  /** The side that all are told to use; some may not have moved yet. */
  side: Side = 'source'

  /** Where that is. */
  get cluster(): DrillCluster {
    return this.#stage[this.side]
  }

  write(): void {
    this.#writing ??= startWriters(
      writer => this.#stage[this.#at[writer]!],
      this.#stage.truth,
      () => this.#written,
      1_000 * this.#seed + this.#turns++,
    )
  }

  /** Ends when nothing is under way any more. */
  async rest(): Promise<void> {
    await this.#writing?.stop()
    this.#writing = undefined
  }

  /** @param lateMs of each writer: until then it goes on where it was, and is refused there. */
  async move(side: Side, lateMs: readonly number[]): Promise<void> {
    this.side = side
    await Promise.all(
      lateMs.map(async (ms, writer) => {
        await sleep(ms)
        this.#at[writer] = side
      }),
    )
  }
}
