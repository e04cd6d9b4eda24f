import type { Progress } from '../../model/progress.ts'
import { formatTime } from './numbers.ts'
import { paintLine } from './paint.ts'
import { progressFrame } from './progress-frame.ts'

export interface StatusLook {
  readonly name: string
  readonly colour: boolean
  readonly columns: number
  /** Indices beyond these are summed up. Default 40. */
  readonly mostIndices?: number
}

/**
 * How a migration stands, seen from another terminal: the frame of its own terminal under a line with its state (such as
 * `running` or `stopped`) and the time of what is shown. Lines without a last line break.
 */
export function statusText(progress: Progress | undefined, stateWord: string, look: StatusLook): string {
  const { name, colour, columns, mostIndices = 40 } = look
  const at = progress === undefined ? ', without any progress yet' : `, as of ${formatTime(progress.atMs)}`
  const state = paintLine([[name, 'accent'], ' is ', [stateWord, 'strong'], [at, 'quiet']], Number.POSITIVE_INFINITY, colour)
  const rows = mostIndices + rowsAroundIndices
  const frame = progress === undefined ? [] : ['', ...progressFrame(progress, { columns, rows, colour, keys: false })]
  while (frame.at(-1) === '') frame.pop()
  return [state, ...frame].join('\n')
}

/** More than the frame's own lines ever are. */
const rowsAroundIndices = 14
