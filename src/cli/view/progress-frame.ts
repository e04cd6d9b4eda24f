import type { Lag, Phase, Progress } from '../../model/progress.ts'
import { cellsOf, padEnd, shorten } from './cells.ts'
import { indexLines, showsEveryDigit, totalLine } from './index-lines.ts'
import { formatByteRate, formatBytes, formatDocs, formatDuration, plural } from './numbers.ts'
import { paintLine } from './paint.ts'
import type { Line, Span, Tone } from './paint.ts'
import { phaseTexts } from './phase-texts.ts'

export interface FrameSize {
  readonly columns: number
  readonly rows: number
  readonly colour: boolean
  /** The line that says what the keys do: only where there are keys, in the run's own terminal. Default true. */
  readonly keys?: boolean
}

/** Beyond this a wider line is harder to read, not fuller. */
const widest = 119

/**
 * A running migration as the lines of one frame, at most `rows - 1` of them and each at most `columns - 1` cells wide, so that
 * nothing wraps or scrolls. Its height changes only with `rows` and the number of indices: the frame stands still.
 */
export function progressFrame(progress: Progress, { columns, rows, colour, keys = true }: FrameSize): string[] {
  const cells = Math.min(widest, columns - 1)
  const top = header(progress, cells)
  const bottom = [totalLine(progress, cells), [], ...facts(progress, cells), notice(progress)]
  if (keys) bottom.push([[` Ctrl-C stops cleanly${cells < 60 ? '' : '; run the same command again to go on'}`, 'quiet']])
  const room = rows - 1 - top.length - bottom.length - 2
  const lines = room < 1 ? [...top, ...bottom] : [...top, [], ...indexLines(progress, cells, room), [], ...bottom]
  return lines.slice(0, Math.max(1, rows - 1)).map(line => paintLine(line, cells, colour))
}

function header(progress: Progress, cells: number): Line[] {
  const phase = phaseText(progress.phase, progress.round)
  const badge: Span[] = progress.paused ? [[' PAUSED ', 'badge'], ' '] : []
  const badgeCells = progress.paused ? 9 : 0
  const name = shorten(progress.name, Math.max(8, cells - 14 - badgeCells - cellsOf(phase) - 2))
  const gap = cells - 13 - cellsOf(name) - badgeCells - cellsOf(phase)
  const half = Math.floor((cells - 4) / 2)
  const source = shorten(progress.source, Math.max(half, cells - 4 - cellsOf(progress.target)))
  const target = shorten(progress.target, Math.max(half, cells - 4 - cellsOf(progress.source)))
  return [
    [[' Shardferry', 'strong'], '  ', [name, 'accent'], ' '.repeat(Math.max(2, gap)), ...badge, [phase, phaseTone(progress)]],
    [` ${source} `, ['→', 'quiet'], ` ${target}`],
  ]
}

function phaseText(phase: Phase, round: number): string {
  return phase === 'catching-up' ? `${phaseTexts[phase]}, round ${round}` : phaseTexts[phase]
}

function phaseTone(progress: Progress): Tone {
  return progress.phase === 'done' ? 'good' : 'accent'
}

/** A column of facts is at least 37 cells wide, and 3 are left free. */
const twoColumnCells = 77
const threeColumnCells = 114

type Fact = readonly [label: string, value: string, tone?: Tone]

function facts(progress: Progress, cells: number): Line[] {
  const { total, partitionsDone, partitionsKnown, retries, partitionsRedone } = progress
  const left: Fact =
    total.lag === null || progress.phase === 'done' ? ['time left', timeLeft(progress)] : ['lag', lagText(total.lag)]
  const elapsed: Fact = ['elapsed', formatDuration(progress.elapsedMs)]
  const documents: Fact = ['documents', `${formatDocs(total.counts.read)} of ${formatDocs(total.expectedDocs)}`]
  const setAside: Fact = [
    'set aside',
    plural(total.counts.setAside, 'document', 'documents'),
    total.counts.setAside > 0 ? 'warn' : 'plain',
  ]
  if (cells < twoColumnCells) return grid([documents, left, elapsed, setAside], 1, cells)
  const bytes: Fact = [
    'bytes',
    `${formatBytes(total.counts.bytes)} of ${formatBytes(Math.max(total.expectedBytes, total.counts.bytes))}`,
  ]
  const all: Fact[] = [
    ...(showsEveryDigit(progress, cells) ? [left, elapsed, bytes] : [documents, bytes, left, elapsed]),
    ['byte rate', formatByteRate(progress.bytesPerSecond)],
    ['partitions', `${formatDocs(partitionsDone)} of ${formatDocs(partitionsKnown)}`],
    ['width', `${progress.width} of ${plural(progress.maxWidth, 'request', 'requests')}`, slowed(progress) ? 'warn' : 'plain'],
    setAside,
    ['retries', retriesText(retries, partitionsRedone)],
  ]
  return grid(all, cells < threeColumnCells ? 2 : 3, cells)
}

export function straysText({ strays = 0, target }: Pick<Progress, 'strays' | 'target'>): string {
  return `Up to ${plural(strays, 'write', 'writes')} on ${target} did not come from here: has an application not moved?`
}

/** In operations, and as the age of the oldest of them. */
export function lagText({ operations, seconds }: Lag): string {
  if (operations === 0) return 'none'
  const age = seconds === null ? '' : seconds < 10 ? `, ${seconds.toFixed(1)}s` : `, ${formatDuration(1000 * seconds)}`
  return `${plural(operations, 'operation', 'operations')}${age}`
}

function retriesText(requests: number, partitions: number): string {
  const again = plural(requests, 'request', 'requests')
  return partitions > 0 ? `${again}, ${plural(partitions, 'partition', 'partitions')}` : again
}

function slowed(progress: Progress): boolean {
  return progress.throttleReason !== '' && !progress.paused
}

function grid(facts: readonly Fact[], perLine: number, cells: number): Line[] {
  const cellWidth = Math.floor((cells - 3) / perLine)
  const lines: Line[] = []
  for (let at = 0; at < facts.length; at += perLine) {
    const line: Span[] = ['   ']
    for (const [label, value, tone] of facts.slice(at, at + perLine)) {
      line.push([padEnd(label, 12), 'quiet'], [padEnd(shorten(value, cellWidth - 13), cellWidth - 12), tone ?? 'plain'])
    }
    lines.push(line)
  }
  return lines
}

function timeLeft(progress: Progress): string {
  if (progress.phase === 'done') return '0s'
  if (progress.paused || progress.etaMs === null) return '–'
  return formatDuration(progress.etaMs)
}

/** Always one line, mostly empty: what is unusual appears without moving anything. */
function notice(progress: Progress): Line {
  if (progress.pausedBy === 'asked') return [[` Paused: nothing is moved until \`shardferry resume ${progress.name}\``, 'warn']]
  if (progress.paused) return [[` Rests: ${progress.throttleReason}`, 'warn']]
  if ((progress.strays ?? 0) > 0 && !slowed(progress)) return [[` ${straysText(progress)}`, 'warn']]
  if (!slowed(progress)) return []
  return [[` Slowed to ${progress.width} of ${progress.maxWidth}: ${progress.throttleReason}`, 'warn']]
}
