import type { Progress } from '../../model/progress.ts'

/** Shows a running migration. `draw` may be called as often as one likes; the view decides what is written, and when. */
export interface View {
  start(): void
  draw(progress: Progress): void
  /** A message of its own, that stays. */
  say(line: string): void
  stop(): void
}

/** What the views need of `process.stdout` or `process.stderr`. */
export interface ViewStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  hasColors?(): boolean
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}
