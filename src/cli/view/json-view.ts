import type { Condition } from '../../migration/cutover/gate.ts'
import type { CutoverFacts } from '../../model/entries.ts'
import type { ShardferryError } from '../../model/errors.ts'
import type { Finding, Severity } from '../../model/findings.ts'
import type { Plan } from '../../model/plan.ts'
import type { IndexProgress, Phase, Progress } from '../../model/progress.ts'
import type { Report } from '../../model/report.ts'
import type { Verification } from '../../model/verification.ts'
import { stageOf } from './plain-view.ts'
import type { View, ViewStream } from './view.ts'

/** What `--json` writes, one object a line; described for readers in events.md. `at` is ISO 8601 in UTC. */
export type ViewEvent =
  | { readonly event: 'phase'; readonly at: string; readonly name: string; readonly phase: Phase; readonly round: number }
  | ({ readonly event: 'progress'; readonly at: string } & Omit<Progress, 'atMs'>)
  | { readonly event: 'message'; readonly at: string; readonly text: string }
  | ({ readonly event: 'finding'; readonly at: string } & Finding)
  | { readonly event: 'checked'; readonly at: string; readonly worst: Severity; readonly exitCode: number }
  | { readonly event: 'conditions'; readonly at: string; readonly conditions: readonly Condition[] }
  | ({ readonly event: 'cut-over' | 'rolled-back' } & CutoverFacts)
  | { readonly event: 'plan'; readonly at: string; readonly plan: Plan }
  | ({ readonly event: 'report'; readonly at: string } & Report)
  | ({ readonly event: 'verification'; readonly at: string } & Verification)
  | {
      readonly event: 'error'
      readonly at: string
      readonly code: string
      readonly message: string
      readonly hint: string | null
      readonly exitCode: number
    }

export function eventLine(event: ViewEvent): string {
  return `${JSON.stringify(event)}\n`
}

export function findingEvent(finding: Finding, atMs: number): ViewEvent {
  return { event: 'finding', at: isoTime(atMs), ...finding }
}

export function checkedEvent(worst: Severity, exitCode: number, atMs: number): ViewEvent {
  return { event: 'checked', at: isoTime(atMs), worst, exitCode }
}

export function reportEvent(report: Report, atMs: number): ViewEvent {
  return { event: 'report', at: isoTime(atMs), ...report }
}

export function errorEvent(error: ShardferryError, atMs: number): ViewEvent {
  const { code, message, exitCode } = error
  return { event: 'error', at: isoTime(atMs), code, message, hint: error.hint ?? null, exitCode }
}

const everyMs = 1000

/** A `phase` event when phase or round changes, a `progress` event with each of those and otherwise at most every second. */
export class JsonView implements View {
  readonly #stream: ViewStream
  readonly #now: () => number
  readonly #indices = new Map<string, string>()
  #lastAtMs = Number.NEGATIVE_INFINITY
  #lastStage = ''
  #lastPaused = false

  constructor(stream: ViewStream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  start(): void {}

  draw(progress: Progress): void {
    const stage = stageOf(progress)
    const newStage = stage !== this.#lastStage
    if (!newStage && progress.paused === this.#lastPaused && progress.atMs - this.#lastAtMs < everyMs) return
    this.#lastStage = stage
    this.#lastPaused = progress.paused
    this.#lastAtMs = progress.atMs

    const { atMs, ...rest } = progress
    const at = isoTime(atMs)
    if (newStage) this.write({ event: 'phase', at, name: progress.name, phase: progress.phase, round: progress.round })
    this.write({ event: 'progress', at, ...rest, indices: this.#changed(progress.indices) })
  }

  say(line: string): void {
    this.write({ event: 'message', at: isoTime(this.#now()), text: line })
  }

  write(event: ViewEvent): void {
    this.#stream.write(eventLine(event))
  }

  stop(): void {}

  /** Thousands of indices a second would fill a disk with what stands still. */
  #changed(indices: readonly IndexProgress[]): IndexProgress[] {
    return indices.filter(index => {
      const text = JSON.stringify(index)
      if (this.#indices.get(index.index) === text) return false
      this.#indices.set(index.index, text)
      return true
    })
  }
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
