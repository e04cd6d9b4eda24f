/** How the demo speaks: numbered headings, short lines below them, and the seconds that things took. */

/** What went wrong, in a sentence for a reader who has no use for a stack trace. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

const { stdout } = process
const colours = stdout.isTTY && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'
const paint = (code: number, text: string): string => (colours ? `\u001B[${code}m${text}\u001B[0m` : text)

export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
export const good = (text: string): string => paint(32, text)
export const bad = (text: string): string => paint(31, text)

export const tick = good('✓')
export const cross = bad('✗')

interface Stage {
  readonly title: string
  readonly startedMs: number
  endedMs?: number
}

const stages: Stage[] = []

/** Begins the next stage, and ends the one before. */
export function stage(title: string): void {
  endStage()
  stages.push({ title, startedMs: Date.now() })
  stdout.write(`\n${bold(`${stages.length}. ${title}`)}\n`)
}

export function endStage(): void {
  const last = stages.at(-1)
  if (last) last.endedMs ??= Date.now()
}

/** `title 12.3 s` of every stage so far, and their sum. */
export function stageTimes(): string[] {
  const lines = stages.map(({ title, startedMs, endedMs = Date.now() }) => row(title, endedMs - startedMs))
  return [...lines, row('Altogether', Date.now() - (stages[0]?.startedMs ?? Date.now()))]
}

function row(title: string, tookMs: number): string {
  return `${title.padEnd(46)} ${seconds(tookMs).padStart(8)}`
}

export function say(...lines: readonly string[]): void {
  for (const line of lines) stdout.write(line === '' ? '\n' : `   ${line}\n`)
}

/** Shows that something is under way, with running seconds on a terminal, and then what it took. */
export async function during<T>(what: string, work: Promise<T>): Promise<T> {
  const startedMs = Date.now()
  const draw = (): void => void stdout.write(`\r   ${dim(`… ${what}  ${Math.floor((Date.now() - startedMs) / 1000)} s`)}\u001B[K`)
  const timer = colours ? setInterval(draw, 250) : undefined
  if (colours) draw()
  const end = (mark: string): void => {
    clearInterval(timer)
    stdout.write(
      `${colours ? '\r' : ''}   ${mark} ${what}  ${dim(seconds(Date.now() - startedMs))}${colours ? '\u001B[K' : ''}\n`,
    )
  }
  try {
    const result = await work
    end(tick)
    return result
  } catch (error) {
    end(cross)
    throw error
  }
}

/** Text cut into lines that fit an ordinary terminal. */
export function wrapped(text: string): string[] {
  return text.match(/.{1,110}/gsu) ?? []
}

export function seconds(tookMs: number): string {
  return `${(tookMs / 1000).toFixed(1)} s`
}

export function count(number: number): string {
  return number.toLocaleString('en-US')
}
