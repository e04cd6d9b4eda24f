import type { IndexTask } from '../../model/plan.ts'
import { PageSizes } from '../stream/page-size.ts'

/** How many documents a `_reindex` reads and writes at once, per index: about `batchBytes` by the plan's sample, halved where that was too much. */
export class BatchSizes {
  readonly #sampled: PageSizes
  readonly #most = new Map<string, number>()

  constructor(batchBytes: number) {
    this.#sampled = new PageSizes(batchBytes)
  }

  of(task: IndexTask): number {
    return Math.min(this.#sampled.of(task), this.#most.get(task.source) ?? Infinity)
  }

  /** After a batch of so many documents did not fit into the target's buffer. Gives false where no smaller one can be. */
  halve(task: IndexTask, batchDocs: number): boolean {
    if (batchDocs <= 1) return false
    this.#most.set(task.source, Math.min(this.of(task), Math.floor(batchDocs / 2)))
    return true
  }
}
