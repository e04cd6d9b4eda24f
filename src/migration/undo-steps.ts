import type { Cluster } from '../cluster/cluster.ts'
import type { StepKind, UndoneKind } from '../cluster/step-kind.ts'
import { retried } from '../flow/backoff.ts'
import type { MigrationState } from '../journal/fold.ts'
import type { Side } from '../model/connection.ts'
import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Json } from '../model/plan.ts'
import type { World } from '../model/ports.ts'
import type { Memory } from './memory.ts'

/** A journaled step that is still to be undone. */
export interface StepToUndo {
  readonly id: string
  /** What undoing it does. */
  readonly what: string
  readonly name: string
  readonly saved: Json
  /** Undefined where nobody here knows this kind of step. */
  readonly kind: UndoneKind | undefined
}

/** What was applied, or may have been, and is not undone; last applied first. Kinds that are kept are left out. */
export function stepsToUndo(state: Pick<MigrationState, 'steps'>, kinds: readonly StepKind[]): StepToUndo[] {
  return [...state.steps]
    .flatMap(([id, { saved, phase }]): StepToUndo[] => {
      const kind = kinds.find(({ prefix }) => id.startsWith(prefix))
      if (phase === 'undone' || kind?.atEnd === 'kept') return []
      if (kind === undefined) return [{ id, what: `undo the step ${id}`, name: id, saved, kind }]
      const name = id.slice(kind.prefix.length)
      return [{ id, what: kind.describe(name, saved), name, saved, kind }]
    })
    .toReversed()
}

export interface UndoParts {
  readonly memory: Memory
  readonly world: World
  /** Asked once for each side that something is to be undone on. */
  readonly clusterOf: (side: Side) => Promise<Cluster>
  /** How long a failure that may pass is waited for. */
  readonly giveUpAfterMs: number
  readonly onUndone: (step: StepToUndo) => void
}

export interface LeftStep {
  readonly step: StepToUndo
  readonly why: ShardferryError
}

/**
 * Undoes all that can be undone now, and gives what is left and why: a cluster that is gone, or a step that fails, keeps
 * no other from being undone. @throws ShardferryError `stopped`, and `state-…` where the journal cannot be written
 */
export async function undoSteps(
  steps: readonly StepToUndo[],
  { memory, world, clusterOf, giveUpAfterMs, onUndone }: UndoParts,
  signal: AbortSignal,
): Promise<readonly LeftStep[]> {
  const clusters = new Map<Side, Cluster | ShardferryError>()
  const left: LeftStep[] = []
  for (const step of steps) {
    const { kind } = step
    if (!kind) {
      left.push({ step, why: unknownKind(step) })
      continue
    }
    const cluster = clusters.get(kind.side) ?? (await orError(clusterOf(kind.side)))
    clusters.set(kind.side, cluster)
    if (cluster instanceof ShardferryError) {
      left.push({ step, why: cluster })
      continue
    }
    const undo = retried(
      world,
      { giveUpAfterMs },
      () => kind.undo(cluster, step.name, step.saved, signal),
      () => undefined,
      signal,
    )
    const why = await orError(undo)
    if (why instanceof ShardferryError) {
      left.push({ step, why })
      // Nothing else is tried where nobody answers any more.
      if (why.code === 'unreachable' || why.code === 'unavailable') clusters.set(kind.side, why)
      continue
    }
    memory.append({ type: 'undone', step: step.id })
    onUndone(step)
  }
  return left
}

async function orError<T>(promise: Promise<T>): Promise<T | ShardferryError> {
  try {
    return await promise
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code === 'stopped') throw error
    return error
  }
}

function unknownKind({ id }: StepToUndo): ShardferryError {
  return new ShardferryError('state-version', `This version of Shardferry does not know how to undo the step ${id}.`, {
    hint: 'Use the version that made it.',
  })
}
