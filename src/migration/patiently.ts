import { retried } from '../flow/backoff.ts'
import type { Migration } from './migration.ts'

/** Repeats a request outside the path of documents while it fails for a reason that may pass. */
export function patiently<T>(
  m: Pick<Migration, 'world' | 'giveUpAfterMs' | 'tally'>,
  act: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return retried(m.world, { giveUpAfterMs: m.giveUpAfterMs }, act, error => m.tally.retried(error.message), signal)
}
