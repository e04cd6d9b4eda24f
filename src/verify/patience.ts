import { retried } from '../flow/backoff.ts'
import { ShardferryError } from '../model/errors.ts'
import type { World } from '../model/ports.ts'

/** Repeats what may be asked again while it fails for a reason that may pass. */
export interface Patience {
  readonly patiently: <T>(act: () => Promise<T>, signal: AbortSignal) => Promise<T>
}

/** For requests beside the reading of partitions, which are repeated by their dispatcher. */
export function patience(world: World, giveUpAfterMs: number, onRetry: (reason: string) => void): Patience {
  return {
    patiently: (act, signal) =>
      retried(
        world,
        { giveUpAfterMs },
        () => act().catch((thrown: unknown) => Promise.reject(repeatable(thrown))),
        error => onRetry(error.message),
        signal,
      ),
  }
}

/** An answer of some shards only is asked for again as it is; one that is too large, or that cannot be read, is asked for in pieces. */
function repeatable(thrown: unknown): unknown {
  if (!(thrown instanceof ShardferryError) || thrown.recovery !== 'redo' || wantsPieces(thrown)) return thrown
  const { code, message, hint } = thrown
  return new ShardferryError(code, message, { recovery: 'retry', cause: thrown, ...(hint === undefined ? {} : { hint }) })
}

/** What cannot be read as a whole may be read but for one document. */
export function wantsPieces(thrown: unknown): boolean {
  return thrown instanceof ShardferryError && (thrown.code === 'page-too-large' || thrown.code === 'response-unreadable')
}
