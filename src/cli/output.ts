import { asShardferryError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'
import { exitCodes } from '../model/errors.ts'
import type { VerifyVerdict } from '../model/verification.ts'
import { errorText } from './view/error-text.ts'
import { errorEvent, eventLine } from './view/json-view.ts'
import type { ViewEvent } from './view/json-view.ts'

export interface Look {
  readonly colour: boolean
  readonly columns: number
}

/** How text for people may look on a stream. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  return {
    colour: stream.isTTY && stream.hasColors() && process.env['NO_COLOR'] === undefined,
    columns: stream.columns ?? 100,
  }
}

/** Text for people on standard output. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

export function tellUndone({ what }: { readonly what: string }): void {
  print(`done: ${what}`)
}

/** One event for machines on standard output. */
export function emit(event: ViewEvent): void {
  process.stdout.write(eventLine(event))
}

/** Shows an error where it belongs, and gives the exit code. `debug` adds where in the code it came from. */
export function showError(thrown: unknown, json: boolean, debug: boolean): number {
  const error = asShardferryError(thrown)
  if (json) emit(errorEvent(error, Date.now()))
  else process.stderr.write(`${errorText(error, lookOf(process.stderr))}\n`)
  if (debug) process.stderr.write(`${error.stack ?? ''}\n`)
  return error.exitCode
}

export function exitCodeOf(report: Report): number {
  switch (report.verdict) {
    case 'exact':
      return exitCodes.exact
    case 'set-aside':
      return exitCodes.setAside
    case 'differs':
      return exitCodes.differs
  }
}

export function verifyExitCode(verdict: VerifyVerdict): number {
  switch (verdict) {
    case 'equal':
      return exitCodes.exact
    case 'set-aside':
      return exitCodes.setAside
    case 'differs':
      return exitCodes.differs
  }
}
