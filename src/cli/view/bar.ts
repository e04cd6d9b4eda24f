import type { Span, Tone } from './paint.ts'

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** `▕█████▍    ▏`: `cells` wide between its edges, filled in steps of an eighth of a cell; full only when complete. */
export function bar(fraction: number, cells: number, tone: Tone): Span[] {
  const filled = Math.floor(fraction * cells * 8 + 1e-9)
  const text = '█'.repeat(Math.floor(filled / 8)) + eighths[filled % 8]
  return [['▕', 'quiet'], [text, tone], ' '.repeat(cells - text.length), ['▏', 'quiet']]
}
