import { ifAllowed } from '../../cluster/if-allowed.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { answersAt, electedMaster } from '../../cluster/reindex.ts'

/** Where `_reindex` requests go. `at` is undefined where any of the target's addresses will do. */
export interface ChosenNode {
  (signal: AbortSignal): Promise<{ readonly at: string | undefined }>
  /** After a request to it failed: the next one looks anew. */
  forget(): void
  notes(): readonly string[]
}

const probeMs = 5_000

/**
 * The node that was named; otherwise the elected master where it answers at the address it publishes, which behind a
 * load balancer it may not. Asked for once, and again after a failure.
 */
export function chosenNode(target: Cluster, named: string | undefined): ChosenNode {
  let chosen: Promise<{ readonly at: string | undefined }> | undefined
  let notes: readonly string[] = []
  const choose = async (signal: AbortSignal): Promise<{ readonly at: string | undefined }> => {
    if (named !== undefined) return { at: named }
    const at = await ifAllowed(electedMaster(target, signal))
    if (at !== undefined && (await answersAt(target, at, AbortSignal.any([signal, AbortSignal.timeout(probeMs)])))) return { at }
    signal.throwIfAborted()
    notes = [
      `The elected master of the target ${at === undefined ? 'is not told' : `does not answer at ${at}`}; the _reindex requests went to ${target.address}.`,
    ]
    return { at: undefined }
  }
  const node = (signal: AbortSignal): Promise<{ readonly at: string | undefined }> => {
    chosen ??= choose(signal).catch((thrown: unknown) => {
      chosen = undefined
      throw thrown
    })
    return chosen
  }
  return Object.assign(node, { forget: () => (chosen = undefined), notes: () => notes })
}
