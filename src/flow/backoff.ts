import { ShardferryError } from '../model/errors.ts'
import type { World } from '../model/ports.ts'

/** Full jitter: a random wait up to 250 ms, doubled with each attempt (0, 1, …), never above `maxMs`. */
export function backoffMs(attempt: number, random: number, maxMs = 10_000): number {
  return Math.ceil(random * Math.min(maxMs, 250 * 2 ** Math.min(attempt, 20)))
}

export interface RetryPolicy {
  /** From the first failure on. */
  readonly giveUpAfterMs: number
  readonly maxWaitMs?: number
}

/**
 * Repeats `act` while it fails with recovery `retry`, with jittered waits in between, until the policy's time is over.
 * Other errors pass through at once.
 */
export async function retried<T>(
  world: World,
  policy: RetryPolicy,
  act: () => Promise<T>,
  onRetry: (error: ShardferryError) => void,
  signal: AbortSignal,
): Promise<T> {
  let failingSinceMs: number | undefined
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await act()
    } catch (thrown) {
      if (!(thrown instanceof ShardferryError) || thrown.recovery !== 'retry') throw thrown
      failingSinceMs ??= world.now()
      if (world.now() - failingSinceMs >= policy.giveUpAfterMs) throw thrown
      onRetry(thrown)
      await world.sleep(backoffMs(attempt, world.random(), policy.maxWaitMs), signal)
    }
  }
}
