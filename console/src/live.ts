/** One migration as it goes: what the server told last, and what was seen since the page was opened. */
import { signal } from '@preact/signals'
import type { Progress } from '../../src/model/progress.ts'
import { get, Refused } from './api.ts'
import { follow } from './stream.ts'
import type { Event, Migration } from './types.ts'

/** A moment of the plots. */
export interface Sample {
  readonly atMs: number
  readonly docsPerSecond: number
  readonly bytesPerSecond: number
  readonly lag: number | null
}

/** An hour, a second each. */
const mostSamples = 3_600
/** The journal's end, as far as it is shown. */
const mostEvents = 500
/** Entries that change nothing but counts come by the thousand: what is asked for after one is asked for once a second at most. */
const askEveryMs = 1_000

export class Live {
  readonly name: string
  readonly migration = signal<Migration | undefined>(undefined)
  readonly progress = signal<Progress | undefined>(undefined)
  readonly samples = signal<readonly Sample[]>([])
  readonly events = signal<readonly Event[]>([])
  readonly failure = signal<Refused | undefined>(undefined)
  readonly connection = signal<'opening' | 'live' | 'lost'>('opening')
  /** Grows when partitions were opened or settled. */
  readonly moved = signal(0)
  readonly #abort = new AbortController()
  #asked: ReturnType<typeof setTimeout> | undefined

  constructor(name: string) {
    this.name = name
    void this.#begin()
  }

  close(): void {
    this.#abort.abort()
    clearTimeout(this.#asked)
  }

  get path(): string {
    return `/migrations/${encodeURIComponent(this.name)}`
  }

  /** Asks how it stands now, as after a button. */
  async refresh(): Promise<void> {
    try {
      const migration = await get<Migration>(this.path, this.#abort.signal)
      this.migration.value = migration
      this.failure.value = undefined
      if (migration.progress) this.#shown(migration.progress as Progress)
    } catch (thrown) {
      if (!this.#abort.signal.aborted && thrown instanceof Refused) this.failure.value = thrown
    }
  }

  async #begin(): Promise<void> {
    await this.refresh()
    const stream = {
      path: `${this.path}/events`,
      after: await this.#journalSoFar(),
      onEvent: (name: string, data: unknown) => this.#came(name, data),
      onState: (state: 'live' | 'lost') => {
        if (state === 'live' && this.connection.value === 'lost') void this.refresh()
        this.connection.value = state
      },
    }
    await follow(stream, this.#abort.signal)
  }

  /** The last pages of the journal; gives the number of its last entry. */
  async #journalSoFar(): Promise<number> {
    let after = Math.max(0, (this.migration.value?.version ?? 0) - mostEvents)
    for (let pages = 0; pages < 50 && !this.#abort.signal.aborted; pages++) {
      const page = await get<{ events: readonly Event[]; next: number | null }>(
        `${this.path}/events?after=${after}&limit=1000`,
        this.#abort.signal,
      ).catch(() => undefined)
      if (!page) break
      this.events.value = [...this.events.value, ...page.events].slice(-mostEvents)
      after = page.events.at(-1)?.number ?? after
      if (page.next === null) break
    }
    return after
  }

  #came(name: string, data: unknown): void {
    if (name === 'progress') return this.#shown(data as Progress)
    const event = data as Event
    this.events.value = [...this.events.value.slice(1 - mostEvents), event]
    if (['settled', 'round-opened', 'round-closed', 'rounds-merged'].includes(event.type)) this.moved.value++
    if (event.type !== 'settled' && event.type !== 'observed')
      this.#asked ??= setTimeout(() => {
        this.#asked = undefined
        void this.refresh()
      }, askEveryMs)
  }

  #shown(progress: Progress): void {
    this.progress.value = progress
    const last = this.samples.value.at(-1)
    if (last && progress.atMs <= last.atMs) return
    const { atMs, docsPerSecond, bytesPerSecond, total } = progress
    const sample = { atMs, docsPerSecond, bytesPerSecond, lag: total.lag?.operations ?? null }
    this.samples.value = [...this.samples.value.slice(1 - mostSamples), sample]
  }
}
