/** What the lab could not do, in one sentence, and what the reader can do about it. */
export class LabError extends Error {
  override readonly name = 'LabError'

  constructor(problem: string, remedy?: string) {
    super(remedy === undefined ? problem : `${problem} ${remedy}`)
  }
}

/** The code of a system error such as ENOENT; undefined for every other value. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
