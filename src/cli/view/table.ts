import { cellsOf, padEnd, padStart, printable } from './cells.ts'
import { lineCells, spanText } from './paint.ts'
import type { Line, Span } from './paint.ts'

export interface Column {
  readonly title: string
  readonly side: 'left' | 'right'
}

/** Columns as wide as their widest cell, two blanks apart, with a quiet line of titles on top. */
export function table(columns: readonly Column[], rows: readonly (readonly Span[])[], indent: number): Line[] {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((widest, row) => Math.max(widest, cellsOf(printable(spanText(row[at] ?? '')))), cellsOf(title)),
  )
  const titles: Span[] = columns.map(({ title }) => [title, 'quiet'])
  return [titles, ...rows].map(row => {
    const line: Span[] = [' '.repeat(indent)]
    columns.forEach(({ side }, at) => {
      if (at > 0) line.push('  ')
      line.push(padded(row[at] ?? '', side, widths[at] ?? 0))
    })
    return line
  })
}

/** The width of the widest line. */
export function tableCells(lines: readonly Line[]): number {
  return lines.reduce((widest, line) => Math.max(widest, lineCells(line)), 0)
}

function padded(span: Span, side: 'left' | 'right', cells: number): Span {
  const text = printable(spanText(span))
  const filled = side === 'left' ? padEnd(text, cells) : padStart(text, cells)
  return typeof span === 'string' ? filled : [filled, span[1]]
}
