/**
 * Counts what others write to the side that applications have left: what a forgotten one writes there is not carried to the
 * side that is used. In the life of one process never less than there was since counting began; a request of our own whose
 * answer was lost counts too.
 */
import { standings } from '../cluster/standings.ts'
import type { ShardStanding } from '../cluster/standings.ts'
import type { Writer } from '../model/ports.ts'
import type { Migration } from './migration.ts'

const lookEveryMs = 60_000

export class Strays {
  /** Operations; undefined where nobody counts. */
  total: number | undefined
  #dueMs = 0
  #made = 0
  #from: { readonly switches: number; readonly operations: number } | undefined

  /** Operations of our own. */
  made(operations: number): void {
    this.#made += operations
  }

  isDue(switches: number, nowMs: number): boolean {
    return this.#from?.switches !== switches || nowMs >= this.#dueMs
  }

  /** Each change of direction begins anew. @param found where the shards stand while nothing of our own is under way */
  looked(switches: number, found: Iterable<readonly ShardStanding[]>, nowMs: number): void {
    this.#dueMs = nowMs + lookEveryMs
    let operations = -this.#made
    for (const shards of found) for (const { maxSeqNo } of shards) operations += maxSeqNo + 1
    if (this.#from?.switches !== switches) this.#from = { switches, operations }
    this.total = Math.max(0, operations - this.#from.operations)
  }
}

/** Looks at the side that `m` writes to, now and then. */
export async function countStrays(m: Migration, switches: number, signal: AbortSignal): Promise<void> {
  const { strays } = m.tally
  if (!strays.isDue(switches, m.world.now())) return
  const names = m.tasks.map(({ target }) => target)
  strays.looked(switches, (await standings(m.target, names, signal)).values(), m.world.now())
}

export function counting(writer: Writer, strays: Strays): Writer {
  return {
    write: async (task, batch, signal) => {
      const result = await writer.write(task, batch, signal)
      strays.made(result.written)
      return result
    },
  }
}
