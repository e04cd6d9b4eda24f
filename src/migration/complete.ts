import type { Migration } from './migration.ts'
import { restoreTuning } from './phases.ts'

/**
 * Ends a migration whatever state it is in: every tuned setting gets back the value that was captured before it was
 * changed, and none of its tasks runs on the target any more. Copied documents, indices and aliases stay. May be called again and again.
 */
export async function complete(m: Migration, signal: AbortSignal): Promise<readonly string[]> {
  const stopped = await m.remoteTasks.stop(signal)
  const restored = await restoreTuning(m, signal)
  m.memory.append({ type: 'completed' })
  return stopped > 0 ? [`${stopped} _reindex tasks on the target ended`, ...restored] : restored
}
