import type { IndexProgress, Progress } from '../../model/progress.ts'
import { bar } from './bar.ts'
import { cellsOf, padEnd, padStart, printable, shorten } from './cells.ts'
import { formatBytes, formatDocs, formatDuration, formatPercent, formatShort, fractionOf, plural } from './numbers.ts'
import type { Line, Span, Tone } from './paint.ts'

/** From here on there is room for bytes, rate and state or time left side by side. */
export const wideCells = 109
/** From here on, for the target's name where it is another one. */
const targetCells = 64

type State = IndexProgress['state']

const underWay: ReadonlySet<State> = new Set(['copying', 'catching-up', 'comparing'])

const symbols: Readonly<Record<State, Span>> = {
  waiting: ['·', 'quiet'],
  copying: ['●', 'accent'],
  copied: ['✓', 'good'],
  'catching-up': ['↻', 'accent'],
  following: ['↻', 'good'],
  comparing: ['●', 'accent'],
  done: ['✓', 'good'],
}

/**
 * One line per index: those under way, those waiting, those finished. Where they do not fit into `room` lines the finished
 * become one line, and so do the rest of the others.
 */
export function indexLines(progress: Progress, cells: number, room: number): Line[] {
  const columns = columnsFor(progress, cells)
  const line = (index: IndexProgress) => indexLine(index, progress, columns)
  const moving = progress.indices.filter(({ state }) => underWay.has(state))
  const waiting = progress.indices.filter(({ state }) => state === 'waiting')
  const finished = progress.indices.filter(isFinished)
  if (progress.indices.length <= room) return [...moving, ...waiting, ...finished].map(line)

  const finishedLines: Line[] =
    finished.length === 0 ? [] : [[' ', symbols.done, [` ${plural(finished.length, 'index', 'indices')} done`, 'quiet']]]
  const open = [...moving, ...waiting]
  const openRoom = Math.max(0, room - finishedLines.length)
  if (open.length <= openRoom) return [...open.map(line), ...finishedLines]
  const shown = open.slice(0, Math.max(0, openRoom - 1))
  return [...shown.map(line), hiddenLine(open.slice(shown.length)), ...finishedLines]
}

/** The sum of all indices, aligned with their lines. */
export function totalLine(progress: Progress, cells: number): Line {
  const columns = columnsFor(progress, cells)
  const { total } = progress
  const complete = progress.phase === 'done'
  return [
    ['   ' + padEnd('Total', columns.name), 'strong'],
    '  ',
    ...measured(total, complete, progress.paused, columns),
    ...(columns.rate > 0 ? ['  ', padStart(complete ? '' : `${formatShort(progress.docsPerSecond)}/s`, columns.rate)] : []),
  ]
}

function indexLine(index: IndexProgress, progress: Progress, columns: Columns): Line {
  const finished = isFinished(index)
  const quiet: Tone = index.state === 'waiting' ? 'quiet' : 'plain'
  const moves = index.state === 'copying' || index.state === 'comparing'
  const rate = moves ? `${formatShort(index.docsPerSecond)}/s` : index.state === 'following' ? shortLag(index.lag) : ''
  const left = moves && !progress.paused && index.etaMs !== null ? `${formatDuration(index.etaMs)} left` : undefined
  const state = index.state === 'catching-up' ? 'catching up' : index.state
  const last: Span[] = columns.state
    ? ['  ', padStart(rate, columns.rate), '  ', [left ?? state, 'quiet']]
    : columns.rate > 0
      ? [
          '  ',
          rate === ''
            ? [padStart(state === 'catching up' ? 'catch-up' : state, columns.rate), 'quiet']
            : padStart(rate, columns.rate),
        ]
      : []
  return [
    ' ',
    symbols[index.state],
    [` ${padEnd(nameIn(index, columns), columns.name)}`, quiet],
    '  ',
    ...measured(index, finished, progress.paused, columns),
    ...last,
  ]
}

function isFinished({ state }: IndexProgress): boolean {
  return state === 'copied' || state === 'following' || state === 'done'
}

function shortLag(lag: IndexProgress['lag']): string {
  return lag === null || lag.operations === 0 ? 'in step' : `${formatShort(lag.operations)} ops`
}

/** Bar, percent, documents and bytes. Updates of the source can bring more documents than were expected; the bar then stays full. */
function measured(index: IndexProgress, complete: boolean, paused: boolean, columns: Columns): Span[] {
  const fraction = complete ? 1 : fractionOf(index.counts.read, index.expectedDocs)
  const tone: Tone = complete ? 'good' : paused ? 'warn' : 'accent'
  const textTone: Tone = index.state === 'waiting' ? 'quiet' : 'plain'
  const spans: Span[] = columns.bar > 0 ? [...bar(fraction, columns.bar, tone), ' '] : []
  spans.push([padStart(formatPercent(fraction), 6), textTone])
  if (columns.docs > 0) spans.push('  ', [padStart(docsOf(index, columns.short), columns.docs), textTone])
  if (columns.bytes > 0) spans.push('  ', [padStart(formatBytes(index.counts.bytes), columns.bytes), textTone])
  return spans
}

function hiddenLine(hidden: readonly IndexProgress[]): Line {
  const waiting = hidden.filter(({ state }) => state === 'waiting').length
  const moving = hidden.length - waiting
  const parts = [
    moving > 0 ? `${formatDocs(moving)} more being copied` : '',
    waiting > 0 ? `${formatDocs(waiting)} more waiting` : '',
  ]
  return [[`   … ${parts.filter(part => part !== '').join(', ')}`, 'quiet']]
}

/** Widths in cells; 0 where there is no room for it. */
interface Columns {
  readonly name: number
  readonly targets: boolean
  readonly bar: number
  readonly docs: number
  readonly short: boolean
  readonly bytes: number
  readonly rate: number
  readonly state: boolean
}

/** Made from all indices, also those that are not shown, so that columns keep their place during a run. */
function columnsFor(progress: Progress, cells: number): Columns {
  const wide = cells >= wideCells
  const targets = cells >= targetCells
  const longest = progress.indices.reduce((most, index) => Math.max(most, cellsOf(nameOf(index, targets))), 5)
  const two = targets && progress.indices.some(({ index, target }) => index !== target)
  const name = Math.min(longest, Math.max(10, Math.floor(cells * (wide ? 0.3 : two ? 0.34 : 0.24))))
  const exact = exactCells(progress)
  const short = !showsEveryDigit(progress, cells)
  const docs = cells < 50 ? 0 : short ? 18 : exact
  const bytes = wide ? 8 : 0
  const rate = cells < 64 ? 0 : 9
  const rest = cells - (3 + name + 2) - 6 - (docs > 0 ? docs + 2 : 0) - (rate > 0 ? rate + 2 : 0) - (wide ? bytes + 2 + 13 : 0)
  const barCells = rest - 3
  return { name, targets, bar: barCells >= 4 ? barCells : 0, docs, short, bytes, rate, state: wide }
}

/** Whether lines have room for `1,204,311 of 138,231,000`; otherwise they show `1.2 M of 138.2 M`, and the frame the rest. */
export function showsEveryDigit(progress: Progress, cells: number): boolean {
  return cells >= wideCells || exactCells(progress) <= 20
}

function exactCells({ total }: Progress): number {
  return 2 * formatDocs(Math.max(total.expectedDocs, total.counts.read)).length + 4
}

/** Both names are shortened before one is left out. */
function nameIn(index: IndexProgress, { name, targets }: Columns): string {
  if (!targets || index.index === index.target) return shorten(printable(index.index), name)
  const room = name - cellsOf(' → ')
  const to = printable(index.target)
  const from = shorten(printable(index.index), Math.max(Math.floor(room / 2), room - cellsOf(to)))
  return `${from} → ${shorten(to, room - cellsOf(from))}`
}

function nameOf(index: IndexProgress, targets: boolean): string {
  return printable(targets && index.target !== index.index ? `${index.index} → ${index.target}` : index.index)
}

function docsOf(index: IndexProgress, short: boolean): string {
  const format = short ? formatShort : formatDocs
  return `${format(index.counts.read)} of ${format(index.expectedDocs)}`
}
