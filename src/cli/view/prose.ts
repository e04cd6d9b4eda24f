import { wrap } from './cells.ts'

const pasted =
  /^(?:[\s$"{}[\]-]|(?:shardferry|curl|openssl|docker|kubectl|sudo|export|bin\/\S+) |(?:GET|PUT|POST|PATCH|DELETE|HEAD) \/)/

export interface ProseLine {
  readonly text: string
  /** Not wrapped, however long it is. */
  readonly whole: boolean
}

/** Sentences are wrapped; a line that is a command, a request or a piece of its body is left whole, so that it can be pasted. */
export function prose(text: string, cells: number): ProseLine[] {
  return text
    .split('\n')
    .flatMap((line): ProseLine[] =>
      pasted.test(line)
        ? [{ text: line, whole: true }]
        : wrap(line, Math.max(20, cells)).map(part => ({ text: part, whole: false })),
    )
}

export function proseLines(text: string, cells: number): string[] {
  return prose(text, cells).map(line => line.text)
}
