import { wrap } from './cells.ts'

const pasted =
  /^(?:[\s$"{}[\]-]|(?:shardferry|curl|openssl|docker|kubectl|sudo|export|bin\/\S+) |(?:GET|PUT|POST|PATCH|DELETE|HEAD) \/)/

/** Sentences are wrapped; a line that is a command, a request or a piece of its body is left whole, so that it can be pasted. */
export function proseLines(text: string, cells: number): string[] {
  return text.split('\n').flatMap(line => (staysWhole(line) ? [line] : wrap(line, Math.max(20, cells))))
}

export function staysWhole(line: string): boolean {
  return pasted.test(line)
}
