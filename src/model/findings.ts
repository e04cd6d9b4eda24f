import type { ErrorCode } from './errors.ts'

/** error: the migration cannot or must not run. warning: it can, and something is lost or slow. ok and info: as they say. unknown: the check itself could not run, which is never a pass. */
export type Severity = 'ok' | 'info' | 'warning' | 'unknown' | 'error'

/** What a check found. `remedy` is something a person can paste or do. */
export interface Finding {
  readonly check: string
  readonly about: string
  readonly severity: Severity
  readonly message: string
  readonly remedy?: string
  /** Of the run that this finding stops, where it is not its check's. */
  readonly code?: ErrorCode
}
