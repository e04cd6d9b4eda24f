import type { Migration } from './migration.ts'
import { restoreTuning } from './phases.ts'

/**
 * Ends a migration whatever state it is in: every tuned setting gets back the value that was captured before it was
 * changed. Copied documents, indices and aliases stay. May be called again and again.
 */
export async function complete(m: Migration, signal: AbortSignal): Promise<readonly string[]> {
  const restored = await restoreTuning(m, signal)
  m.memory.append({ type: 'completed' })
  return restored
}
