import type { IndexTask } from '../../model/plan.ts'

/** What a hit costs beside its source: index, id, numbers. */
const hitBytes = 150
const largestWindow = 10_000

/** How many documents make a page of about `pageBytes`, per index: from the plan's sample at first, then from what pages really weigh. */
export class PageSizes {
  readonly #pageBytes: number
  readonly #docBytes = new Map<string, number>()

  constructor(pageBytes: number) {
    this.#pageBytes = pageBytes
  }

  /** Documents a page should have; at least one. */
  of(task: IndexTask): number {
    const sampled = task.estimate.docs > 0 ? task.estimate.bytes / task.estimate.docs : 1_000
    const docBytes = (this.#docBytes.get(task.source) ?? sampled) + hitBytes
    return Math.max(1, Math.min(windowOf(task), Math.floor(this.#pageBytes / docBytes)))
  }

  /** Bytes at which an answer is given up: one page may be some times heavier than thought, but a page of one document has no limit. */
  ceiling(pageDocs: number): number {
    return pageDocs === 1 ? Infinity : Math.max(8 * this.#pageBytes, 32 * 1024 * 1024)
  }

  learn(task: IndexTask, docs: number, bytes: number): void {
    if (docs === 0) return
    const known = this.#docBytes.get(task.source)
    const seen = bytes / docs
    // Heavier documents count at once, lighter ones slowly: a page too large costs a partition, one too small costs a request.
    this.#docBytes.set(task.source, known === undefined || seen > known ? seen : known + (seen - known) / 8)
  }

  /** After an answer of so many documents that was too large for the server or for us. Pages never grow by it. */
  shrink(task: IndexTask, pageDocs: number): void {
    const known = this.#docBytes.get(task.source) ?? 0
    this.#docBytes.set(task.source, Math.max(known, Math.ceil((4 * this.#pageBytes) / Math.max(1, pageDocs))))
  }
}

/** Documents a page may have. Servers refuse pages above `index.max_result_window`; an index may have a lower one than the default. */
export function windowOf(task: IndexTask): number {
  const index = (task.settings['index'] ?? task.settings) as Record<string, unknown>
  const own = Number(index['max_result_window'] ?? task.settings['index.max_result_window'])
  const most = Math.min(task.read.pageDocs ?? largestWindow, largestWindow)
  return Number.isFinite(own) && own > 0 ? Math.min(own, most) : most
}
