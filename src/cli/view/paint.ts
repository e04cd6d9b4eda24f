import { styleText } from 'node:util'

import { cellsOf, clip, printable } from './cells.ts'

/** What a piece of text means; how that looks is decided in one table. */
export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'warn' | 'bad' | 'accent' | 'badge'

/** One line of a view in pieces, so that it is measured and cut before it is coloured. */
export type Line = readonly Span[]
export type Span = string | readonly [text: string, tone: Tone]

type Styles = Parameters<typeof styleText>[0]

/** The sixteen colours only: those follow the terminal's own light or dark theme. */
const styles: Readonly<Record<Exclude<Tone, 'plain'>, Styles>> = {
  strong: 'bold',
  quiet: 'dim',
  good: 'green',
  warn: 'yellow',
  bad: ['bold', 'red'],
  accent: 'cyan',
  badge: ['bold', 'inverse', 'yellow'],
}

export function paint(text: string, tone: Tone, colour: boolean): string {
  if (!colour || tone === 'plain' || text === '') return text
  return styleText(styles[tone], text, { validateStream: false })
}

/** The line as it is written: cut to `columns`, control characters gone, no blanks at its end. */
export function paintLine(line: Line, columns: number, colour: boolean): string {
  let left = columns
  const pieces: (readonly [string, Tone])[] = []
  for (const span of line) {
    const [text, tone] = typeof span === 'string' ? [span, 'plain' as const] : span
    const kept = clip(printable(text), left)
    left -= cellsOf(kept)
    if (kept !== '') pieces.push([kept, tone])
  }
  let last = pieces.pop()
  while (last !== undefined && last[1] !== 'badge') {
    const trimmed = last[0].trimEnd()
    if (trimmed !== '') {
      last = [trimmed, last[1]]
      break
    }
    last = pieces.pop()
  }
  if (last !== undefined) pieces.push(last)
  return pieces.map(([text, tone]) => paint(text, tone, colour)).join('')
}

export function spanText(span: Span): string {
  return typeof span === 'string' ? span : span[0]
}

export function lineCells(line: Line): number {
  return line.reduce((cells, span) => cells + cellsOf(printable(spanText(span))), 0)
}
