import type { Outcome } from '../measure.ts'
import type { Node } from '../node.ts'
import type { Prepared } from '../limit.ts'
import type { Loaded } from '../source-index.ts'

export interface Stage {
  /** Seen through the network that is measured. */
  readonly source: Node
  readonly target: Node
  readonly loaded: Loaded
  /** Bytes of `_source` in a document, about. */
  readonly docBytes: number
  readonly prepared: Prepared | undefined
  readonly width: number
  /** Of `shardferry copy`. */
  readonly flags: readonly string[]
}

/** A way of copying a corpus, or a limit to it. */
export interface Peer {
  readonly name: string
  readonly title: string
  /** Sizes to try, of which the fastest in the warm-up is measured. Documents in a request, mostly. */
  readonly sizes?: (stage: Stage) => readonly number[]
  /** Whose CPU is the client's: a process of its own, or this one. */
  readonly client: 'child' | 'own'
  /** Reads only: nothing is on the target afterwards. */
  readonly readsOnly?: true
  /** Why it cannot be measured here. */
  missing?(): string | undefined
  run(stage: Stage, size: number, signal: AbortSignal): Promise<Outcome>
}
