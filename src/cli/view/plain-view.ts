import type { Progress } from '../../model/progress.ts'
import { printable } from './cells.ts'
import { formatDocs, formatDuration, formatPercent, formatRate, formatTime, fractionOf } from './numbers.ts'
import { lagText } from './progress-frame.ts'
import type { View, ViewStream } from './view.ts'

const everyMs = 10_000

/** One line with everything that matters, always in the same order: for logs and for grep. */
export function plainLine(progress: Progress): string {
  const { total } = progress
  const words = [formatTime(progress.atMs), progress.phase]
  if (progress.round > 0) words.push(`round ${progress.round}`)
  if (progress.paused) words.push('PAUSED')
  // Nothing to count yet, as while planning: the phase says it all.
  if (total.expectedDocs === 0 && total.counts.read === 0) return words.join(' ')
  const fraction = progress.phase === 'done' ? 1 : fractionOf(total.counts.read, total.expectedDocs)
  words.push(
    formatPercent(fraction),
    `${formatDocs(total.counts.read)}/${formatDocs(total.expectedDocs)} docs`,
    formatRate(progress.docsPerSecond),
    total.lag === null || progress.phase === 'done'
      ? `eta ${progress.etaMs === null || progress.paused ? '-' : formatDuration(progress.etaMs)}`
      : `lag ${lagText(total.lag)}`,
    `retries ${formatDocs(progress.retries)}`,
    `set aside ${formatDocs(total.counts.setAside)}`,
  )
  if ((progress.strays ?? 0) > 0) words.push(`strays ${formatDocs(progress.strays ?? 0)}`)
  if (progress.throttleReason !== '') {
    const reason = `(${printable(progress.throttleReason)})`
    const rests = progress.paused && progress.width === progress.maxWidth
    words.push(rests ? reason : `width ${progress.width}/${progress.maxWidth} ${reason}`)
  }
  return words.join(' ')
}

/** What is told when it changes: a source that is followed has a new round every second. */
export function stageOf({ phase, round }: Pick<Progress, 'phase' | 'round'>): string {
  return phase.startsWith('following') ? phase : `${phase} ${round}`
}

/** Writes a line when the phase, the round or the pause changes, and otherwise at most every ten seconds. */
export class PlainView implements View {
  readonly #stream: ViewStream
  readonly #now: () => number
  #lastAtMs = Number.NEGATIVE_INFINITY
  #lastStage = ''

  constructor(stream: ViewStream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  start(): void {}

  draw(progress: Progress): void {
    const stage = `${stageOf(progress)} ${progress.paused}`
    if (stage === this.#lastStage && progress.atMs - this.#lastAtMs < everyMs) return
    this.#lastStage = stage
    this.#lastAtMs = progress.atMs
    this.#stream.write(`${plainLine(progress)}\n`)
  }

  say(line: string): void {
    for (const part of line.split('\n')) this.#stream.write(`${formatTime(this.#now())} ${printable(part)}\n`)
  }

  stop(): void {}
}
