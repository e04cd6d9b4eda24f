import { JsonView } from './json-view.ts'
import { PlainView } from './plain-view.ts'
import { TerminalView } from './terminal-view.ts'
import type { View, ViewStream } from './view.ts'

export interface ViewChoice {
  readonly stream: ViewStream
  readonly json: boolean
  /** For a terminal that does not tell its width. */
  readonly columns?: number
  /** The environment's TERM: a dumb terminal cannot move its cursor. */
  readonly term?: string | undefined
  readonly now: () => number
}

/** `--json` for machines, a live frame on a terminal, plain lines for logs and pipes. */
export function chooseView({ stream, json, columns, term, now }: ViewChoice): View {
  if (json) return new JsonView(stream, now)
  if (stream.isTTY !== true || term === 'dumb') return new PlainView(stream, now)
  return new TerminalView(stream, { columns: columns ?? 80, rows: 24, colour: stream.hasColors?.() ?? false })
}
