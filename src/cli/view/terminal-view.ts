import type { Progress } from '../../model/progress.ts'
import { cellsOf, printable } from './cells.ts'
import { progressFrame } from './progress-frame.ts'
import type { FrameSize } from './progress-frame.ts'
import type { View, ViewStream } from './view.ts'

const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'
const eraseLineEnd = '\u001B[K'
const eraseBelow = '\u001B[J'
const up = (lines: number) => (lines > 0 ? `\u001B[${lines}A\r` : '\r')

/**
 * Draws frames over one another at the bottom of the terminal. Each is written at once and over the last one, line by line
 * without erasing first, so nothing flickers. The cursor comes back also when the process ends without `stop`.
 */
export class TerminalView implements View {
  readonly #stream: ViewStream
  readonly #fallback: FrameSize
  readonly #onResize = () => this.#redraw()
  readonly #onExit = () => void this.#stream.write(showCursor)
  #started = false
  #progress: Progress | undefined
  #shown: readonly string[] = []

  /** `fallback` holds for what the stream does not tell about its size. */
  constructor(stream: ViewStream, fallback: FrameSize) {
    this.#stream = stream
    this.#fallback = fallback
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#stream.write(hideCursor)
    this.#stream.on?.('resize', this.#onResize)
    process.once('exit', this.#onExit)
  }

  draw(progress: Progress): void {
    this.#progress = progress
    this.#redraw()
  }

  /** Above the frame, where it scrolls away with what else was printed. */
  say(line: string): void {
    const text = line.split('\n').map(part => printable(part) + eraseLineEnd)
    this.#write(text.join('\n') + '\n', this.#frame(true))
  }

  /** Leaves the last frame standing, without the line about keys. */
  stop(): void {
    if (!this.#started) return
    this.#started = false
    this.#stream.off?.('resize', this.#onResize)
    process.off('exit', this.#onExit)
    this.#write('', this.#frame(false))
    this.#stream.write(showCursor)
    this.#shown = []
    this.#progress = undefined
  }

  #redraw(): void {
    this.#write('', this.#frame(true))
  }

  #frame(keys: boolean): readonly string[] {
    if (this.#progress === undefined) return []
    const { columns, rows, colour } = this.#fallback
    const size = { columns: this.#stream.columns ?? columns, rows: this.#stream.rows ?? rows, colour, keys }
    return progressFrame(this.#progress, size)
  }

  #write(above: string, lines: readonly string[]): void {
    const frame = lines.map(line => line + eraseLineEnd + '\n').join('')
    this.#stream.write(up(this.#shownRows()) + above + frame + eraseBelow)
    this.#shown = lines
  }

  /** Rows the last frame takes now: a terminal that became narrower has wrapped its lines. */
  #shownRows(): number {
    const columns = this.#stream.columns ?? this.#fallback.columns
    return this.#shown.reduce((rows, line) => rows + Math.max(1, Math.ceil(cellsOf(withoutColour(line)) / columns)), 0)
  }
}

function withoutColour(line: string): string {
  // oxlint-disable-next-line no-control-regex -- the views' own colour sequences
  return line.replace(/\u001B\[[\d;]*m/g, '')
}
