import type { Side } from '../model/connection.ts'
import type { Json } from '../model/plan.ts'
import type { Cluster } from './cluster.ts'

/**
 * What becomes of the journaled steps of one kind when a migration ends. A step is known by its id and what was captured,
 * so it can be undone without the plan that it came from.
 */
export type StepKind =
  /** What was copied stays. */
  { readonly prefix: string; readonly atEnd: 'kept' } | UndoneKind

export interface UndoneKind {
  /** What the ids of these steps start with; what follows is the name of what was changed. */
  readonly prefix: string
  readonly atEnd: 'undone'
  readonly side: Side
  /** What undoing does, as a person reads it: `delete user ferry on the source`. */
  describe(name: string, saved: Json): string
  /** May run twice. @throws ShardferryError where it cannot be undone now */
  undo(cluster: Cluster, name: string, saved: Json, signal: AbortSignal): Promise<void>
  /** Takes away what is kept of it on this machine, where the cluster itself is no more. */
  forget?(name: string): void
}
