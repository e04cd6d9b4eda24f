import type { ShardferryError } from '../../model/errors.ts'
import { paintLine } from './paint.ts'
import type { Line } from './paint.ts'
import { proseLines } from './prose.ts'
import type { TextLook } from './report-text.ts'

/** `error [code]: message`, and below it what to do; lines without a last line break. */
export function errorText(error: ShardferryError, { colour, columns }: TextLook): string {
  const [first = '', ...more] = error.message.split('\n')
  const lines: Line[] = [
    [['error', 'bad'], [` [${error.code}]`, 'quiet'], ': ', first],
    ...more.map((line): Line => ['  ', line]),
  ]
  if (error.hint !== undefined) for (const line of proseLines(error.hint, columns - 2)) lines.push(['  ', [line, 'accent']])
  return lines.map(line => paintLine(line, Number.POSITIVE_INFINITY, colour)).join('\n')
}
