/**
 * What viewers of one migration see live. Each viewer reads at its own pace, from the number of the entry it saw last: what is
 * recent is kept as text that all of them share, what is older comes from the journal, so a slow viewer costs no memory.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eventOf } from './event.ts'
import type { Watched } from './watched.ts'

const lookEveryMs = 500
/** Entries kept as text, at most. */
const mostRecent = 2_000
/** Entries read from the journal for one viewer at once. */
const pageSize = 500

interface Line {
  readonly number: number
  readonly text: string
}

/** What a viewer has not seen yet, as text of an event stream. */
export interface Batch {
  readonly text: string
  /** Of the last entry, and of the last progress, that are in it. */
  readonly entry: number
  readonly progress: number
}

export class Feed {
  readonly #watched: Watched
  #recent: Line[] = []
  #lastNumber: number
  #progress = { atMs: 0, text: '' }
  #viewers = 0
  #looking = false
  #changed = Promise.withResolvers<void>()

  constructor(watched: Watched) {
    this.#watched = watched
    this.#lastNumber = watched.state.lastNumber
  }

  get lastNumber(): number {
    return this.#lastNumber
  }

  /** What came after entry `entry` and progress `progress`; of many entries, the first ones. */
  since(entry: number, progress: number): Batch {
    const lines = this.#linesAfter(entry)
    const last = lines.at(-1)?.number ?? entry
    const fresh = this.#progress.atMs > progress
    return {
      text: lines.map(({ text }) => text).join('') + (fresh ? this.#progress.text : ''),
      entry: last,
      progress: this.#progress.atMs,
    }
  }

  /** Until there is something new, or `ms` have passed. */
  async change(ms: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController()
    try {
      await Promise.race([
        this.#changed.promise,
        sleep(ms, undefined, { signal: AbortSignal.any([signal, timer.signal]), ref: false }).catch(() => undefined),
      ])
    } finally {
      timer.abort()
    }
  }

  /** The journal is looked at while somebody views it. */
  view(): Disposable {
    this.#viewers++
    void this.#look()
    return { [Symbol.dispose]: () => void this.#viewers-- }
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    while (this.#viewers > 0) {
      if (this.#read()) {
        this.#changed.resolve()
        this.#changed = Promise.withResolvers()
      }
      await sleep(lookEveryMs, undefined, { ref: false })
    }
    this.#looking = false
  }

  #read(): boolean {
    const before = this.#lastNumber
    for (const line of linesAfter(this.#watched, before)) {
      this.#recent.push(line)
      this.#lastNumber = line.number
    }
    if (this.#recent.length > mostRecent) this.#recent = this.#recent.slice(-mostRecent)
    const published = this.#watched.journal.published()
    const fresh = published !== undefined && published.atMs > this.#progress.atMs
    if (fresh)
      this.#progress = {
        atMs: published.atMs,
        text: `event: progress\ndata: ${JSON.stringify({ ...published.progress, state: this.#watched.stands })}\n\n`,
      }
    return fresh || this.#lastNumber > before
  }

  #linesAfter(entry: number): readonly Line[] {
    if (entry >= this.#lastNumber) return []
    const first = this.#recent[0]
    if (first && first.number <= entry + 1) return this.#recent.slice(entry + 1 - first.number)
    return linesAfter(this.#watched, entry).take(pageSize).toArray()
  }
}

function linesAfter(watched: Watched, entry: number): IteratorObject<Line> {
  return Iterator.from(watched.journal.entries(entry)).map(stored => ({
    number: stored.number,
    text: `id: ${stored.number}\nevent: entry\ndata: ${JSON.stringify(eventOf(stored))}\n\n`,
  }))
}
