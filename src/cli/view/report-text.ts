import type { Counts } from '../../model/documents.ts'
import { isAccounted } from '../../model/report.ts'
import type { IndexReport, Report, Verdict } from '../../model/report.ts'
import { nextSteps, onlyDoubted, reasonsToDiffer } from './next-steps.ts'
import { formatBytes, formatDocs, formatDuration, formatRate, plural } from './numbers.ts'
import { paintLine, spanText } from './paint.ts'
import type { Line, Span, Tone } from './paint.ts'
import { proseLines } from './prose.ts'
import { table, tableCells } from './table.ts'
import type { Column } from './table.ts'

export interface TextLook {
  readonly colour: boolean
  readonly columns: number
}

/** Longer tables are not read; what is not exact is always shown. */
const mostRows = 40

/** The final account of a run, as lines without a last line break. */
export function reportText(report: Report, { colour, columns }: TextLook): string {
  const lines: Line[] = [
    [[verdictText(report), verdictTones[report.verdict]]],
    ...reasonsToDiffer(report).flatMap(reason => hanging('  - ', reason, columns)),
    [],
    ...indexTable(report, columns),
    [],
    ['  ', ...equation(report.total)],
    ['  ', [runText(report), 'quiet']],
  ]
  for (const note of report.notes) lines.push(...hanging('  note: ', note, columns))
  const steps = nextSteps(report)
  lines.push([])
  for (const step of steps) lines.push(...hanging('  → ', step, columns))
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}

const verdictTones: Readonly<Record<Verdict, Tone>> = { exact: 'good', 'set-aside': 'warn', differs: 'bad' }

function verdictText(report: Report): string {
  const { verdict, total } = report
  const refused = plural(total.setAside, 'document', 'documents')
  const texts: Readonly<Record<Verdict, string>> = {
    exact: 'Exact: every document read is on the target.',
    'set-aside': `Set aside: the target refused ${refused}; every other document read is on the target.`,
    differs: onlyDoubted(report)
      ? 'Differs: it is not certain that source and target hold the same documents.'
      : 'Differs: source and target do not hold the same documents.',
  }
  return texts[verdict]
}

/** `138,231 read = 138,231 written + 0 already newer + 0 set aside + 0 filtered` */
function equation(counts: Counts): Span[] {
  const { read, written, alreadyNewer, setAside, filtered } = counts
  const missing = read - written - alreadyNewer - setAside - filtered
  const sum = `${formatDocs(written)} written + ${formatDocs(alreadyNewer)} already newer + ${formatDocs(setAside)} set aside + ${formatDocs(filtered)} filtered`
  if (missing === 0) return [`${formatDocs(read)} read = ${sum}`]
  const off = missing > 0 ? `${formatDocs(missing)} unaccounted for` : `${formatDocs(-missing)} counted too often`
  return [`${formatDocs(read)} read ≠ ${sum}  `, [off, 'bad']]
}

function runText(report: Report): string {
  const seconds = report.tookMs / 1000
  const rate = seconds > 0 ? `, ${formatRate(report.total.read / seconds)}` : ''
  const redone = report.partitionsRedone > 0 ? `, ${formatDocs(report.partitionsRedone)} redone` : ''
  const partitions = `${plural(report.partitions, 'partition', 'partitions')}${redone}`
  return `${formatBytes(report.total.bytes)} in ${formatDuration(report.tookMs)}${rate}, ${partitions}`
}

interface Figure {
  readonly title: string
  /** Told by the equation below the table; left out of a narrow table where it is 0 everywhere. */
  readonly dispensable: boolean
  show(row: Row): Span
}

/** What one line of the table is about: an index, or all of them. */
type Row = Pick<IndexReport, 'counts' | 'balanced' | 'sourceCount' | 'targetCount' | 'behind'>

const figures: readonly Figure[] = [
  { title: 'read', dispensable: false, show: row => [formatDocs(row.counts.read), row.balanced ? 'plain' : 'bad'] },
  { title: 'written', dispensable: false, show: row => formatDocs(row.counts.written) },
  { title: 'already newer', dispensable: true, show: row => zeroQuiet(row.counts.alreadyNewer, 'plain') },
  { title: 'set aside', dispensable: false, show: row => zeroQuiet(row.counts.setAside, 'warn') },
  { title: 'filtered', dispensable: true, show: row => zeroQuiet(row.counts.filtered, 'plain') },
  { title: 'on source', dispensable: false, show: row => counted(row.sourceCount) },
  { title: 'on target', dispensable: false, show: row => [counted(row.targetCount), targetTone(row)] },
  { title: 'behind', dispensable: false, show: row => zeroQuiet(row.behind, 'bad') },
]

/** One row per index and one for all. Where names and numbers do not fit beside each other, names stand on lines of their own. */
function indexTable(report: Report, columns: number): Line[] {
  const { shown, hidden } = selected(report.indices)
  const rest: Line[] = hidden > 0 ? [[`  … and ${plural(hidden, 'more index', 'more indices')}, exact`]] : []
  const total: Row[] = report.indices.length > 1 ? [totalRow(report)] : []
  const all: readonly Row[] = [...shown, ...total]
  const zero = (figure: Figure) => all.every(row => spanText(figure.show(row)) === '0')
  const needed = figures.filter(figure => !figure.dispensable || !zero(figure))

  const renamed = shown.some(({ index, target }) => index !== target)
  const names = shown.map(({ index, target }): Span[] => (renamed ? [index, target] : [index]))
  names.push([['total', 'strong'], ...(renamed ? [''] : [])])
  const nameColumns: Column[] = (renamed ? ['index', 'target'] : ['index']).map(title => ({ title, side: 'left' }))
  for (const chosen of [figures, needed]) {
    const rows = all.map((row, at) => [...(names[at] ?? []), ...chosen.map(figure => figure.show(row))])
    const beside = table([...nameColumns, ...chosen.map(numberColumn)], rows, 2)
    if (tableCells(beside) <= columns) return [...beside.slice(0, shown.length + 1), ...rest, ...beside.slice(shown.length + 1)]
  }

  const rows = all.map(row => needed.map(figure => figure.show(row)))
  const [titles = [], ...below] = table(needed.map(numberColumn), rows, 4)
  const named = shown.flatMap(({ index, target }, at): Line[] => [
    [`  ${index === target ? index : `${index} → ${target}`}`],
    below[at] ?? [],
  ])
  const last: Line[] = total.length > 0 ? [[['  total', 'strong']], ...below.slice(-1)] : []
  return [titles, ...named, ...rest, ...last]
}

function numberColumn({ title }: Figure): Column {
  return { title, side: 'right' }
}

function totalRow(report: Report): Row {
  const sum = (pick: (index: IndexReport) => number | null) =>
    report.indices.reduce<number | null>((total, index) => {
      const value = pick(index)
      return total === null || value === null ? null : total + value
    }, 0)
  return {
    counts: report.total,
    balanced: report.balanced,
    sourceCount: sum(index => index.sourceCount),
    targetCount: sum(index => index.targetCount),
    behind: sum(index => index.behind) ?? 0,
  }
}

function selected(indices: readonly IndexReport[]): { shown: readonly IndexReport[]; hidden: number } {
  if (indices.length <= mostRows) return { shown: indices, hidden: 0 }
  const notable = indices.filter(index => !isExact(index))
  const exact = indices.filter(isExact).slice(0, Math.max(0, mostRows - notable.length))
  return { shown: [...notable, ...exact], hidden: indices.length - notable.length - exact.length }
}

function isExact(index: IndexReport): boolean {
  const { balanced, counts, sourceCount, targetCount, behind, deleted, doubts } = index
  const equal = sourceCount !== null && sourceCount === targetCount
  return balanced && counts.setAside === 0 && equal && behind === 0 && isAccounted(deleted) && doubts.length === 0
}

/** A difference that the documents set aside explain is no fault. */
function targetTone({ counts, sourceCount, targetCount }: Row): Tone {
  if (sourceCount === null || targetCount === null || sourceCount === targetCount) return 'plain'
  return sourceCount - targetCount === counts.setAside ? 'warn' : 'bad'
}

function counted(count: number | null): string {
  return count === null ? '–' : formatDocs(count)
}

function zeroQuiet(count: number, tone: Tone): Span {
  return [formatDocs(count), count === 0 ? 'quiet' : tone]
}

function hanging(mark: string, text: string, columns: number): Line[] {
  return proseLines(text, columns - mark.length).map((part, at) => [at === 0 ? mark : ' '.repeat(mark.length), part])
}
