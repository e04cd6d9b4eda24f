// Faults on demand: which requests they hit, how often, and what happens to them.
import type { Json } from './json.ts'

export type Effect =
  /** Answer this instead of executing the request. */
  | { status: number; body?: Json; headers?: Record<string, string> }
  /** Execute, send so many bytes of the answer's body under its full length, then end the connection. */
  | { cut: number }
  /** Reset the connection, either without executing the request or after it. */
  | { reset: 'before' | 'after' }
  /** Execute only after so long. */
  | { delayMs: number }
  /** Neither execute nor answer; the connection stays open. */
  | { hang: true }
  /** Refuse every n-th item of a `_bulk` and leave it unapplied. */
  | { itemStatus: { every: number; status: number; type: string; reason?: string } }
  /** Forget every open scroll and point in time before executing, as a node restart does. */
  | { loseScrolls: true }
  /** Answer 200 with one failed shard, whose documents and refreshes are missing. */
  | { failedShards: true }
  /** Leave the first n hits out of a page without a word: a hole, which reading on from the last hit does not heal. */
  | { truncateHits: number }

export interface Fault {
  method?: string
  /** Tested against the path with its query string. Without it, every request matches. */
  path?: RegExp
  /** How many matching requests it hits; 1 when left out, Infinity for all. */
  times?: number
  /** How many matching requests pass unharmed first. */
  after?: number
  effect: Effect
}

/** The faults that hit one request. Several may: a delay and a cut, say. */
export class ActiveFaults {
  readonly #effects: readonly Effect[]

  constructor(effects: readonly Effect[]) {
    this.#effects = effects
  }

  /** The first effect of a kind, named by its distinguishing key. */
  find<K extends EffectKey>(key: K): Extract<Effect, Record<K, unknown>> | undefined {
    return this.#effects.find((effect): effect is Extract<Effect, Record<K, unknown>> => key in effect)
  }
}

type EffectKey = 'status' | 'cut' | 'reset' | 'delayMs' | 'hang' | 'itemStatus' | 'loseScrolls' | 'failedShards' | 'truncateHits'

/** The list a test pushes faults to. Requests are counted from the moment a fault is in it. */
export class FaultPlan {
  readonly #pending: { fault: Fault; skip: number; left: number }[] = []
  #hits = 0

  push(...faults: Fault[]): void {
    for (const fault of faults) this.#pending.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 })
  }

  clear(): void {
    this.#pending.length = 0
  }

  /** How many times any fault has hit, so that a test can tell that its fault was reached. */
  get hits(): number {
    return this.#hits
  }

  /** Counts the request against every matching fault and returns those that hit it. */
  take(method: string, url: string): ActiveFaults {
    const matching = this.#pending.filter(
      ({ fault }) => (fault.method ?? method) === method && (fault.path === undefined || url.search(fault.path) >= 0),
    )
    const effects: Effect[] = []
    for (const entry of matching) {
      if (entry.skip-- > 0 || entry.left-- <= 0) continue
      effects.push(entry.fault.effect)
      this.#hits++
    }
    return new ActiveFaults(effects)
  }
}

/** The refusals servers send under load, ready to push. */
export const refusals = {
  queueFull: error(429, 'es_rejected_execution_exception', 'rejected execution of coordinating operation'),
  breaker: error(
    429,
    'circuit_breaking_exception',
    '[parent] Data too large, data for [<http_request>] would be larger than the limit',
  ),
  unavailable: error(503, 'cluster_block_exception', 'blocked by: [SERVICE_UNAVAILABLE/2/no master];'),
}

function error(status: number, type: string, reason: string): { status: number; body: Json } {
  return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } }
}
