/**
 * Text measured in terminal cells: East Asian characters and emoji take two, combining marks none. Terminals disagree about
 * the rarest ones; the views leave a column free at the right edge for that.
 */

const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\u4DBF\u4E00-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}])$/u
const ascii = /^[ -~]*$/

/** A server's message or an index's name must neither move the cursor nor turn text around: control and direction characters go. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  return text.replace(/[\u0000-\u001F\u007F-\u009F]+/g, ' ').replace(/[\u200E\u200F\u2028-\u202E\u2066-\u2069]/g, '')
}

export function cellsOf(text: string): number {
  if (ascii.test(text)) return text.length
  let cells = 0
  for (const char of text) cells += charCells(char)
  return cells
}

/** Cuts at the end, without a mark: for what must not wrap whatever happens. */
export function clip(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text
  let kept = ''
  let used = 0
  for (const char of text) {
    used += charCells(char)
    if (used > cells) break
    kept += char
  }
  return kept
}

/** Shortens in the middle, where names of indices and hosts differ least: `logs-…-2026.11`. */
export function shorten(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text
  if (cells < 1) return ''
  const tailCells = Math.floor((cells - 1) / 2)
  const head = clip(text, cells - 1 - tailCells)
  return `${head}…${lastCells(text, tailCells)}`
}

export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellsOf(text)))
}

export function padStart(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - cellsOf(text))) + text
}

/** Lines of at most `cells`, broken at spaces; a longer word stays whole, so that an address can still be copied. */
export function wrap(text: string, cells: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/ +/)) {
    if (line !== '' && cellsOf(line) + 1 + cellsOf(word) > cells) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  lines.push(line)
  return lines
}

function lastCells(text: string, cells: number): string {
  let kept = ''
  let used = 0
  for (const char of Array.from(text).toReversed()) {
    used += charCells(char)
    if (used > cells) break
    kept = char + kept
  }
  return kept
}

function charCells(char: string): number {
  if (char >= ' ' && char <= '~') return 1
  if (zero.test(char)) return 0
  return wide.test(char) ? 2 : 1
}
