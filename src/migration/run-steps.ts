/**
 * Invariant: what a step changes was captured and journaled before it was changed. After a crash between the change and
 * its journal entry the step is applied again with the first captured value, never with what it left behind itself.
 */
import type { Step, World } from '../model/ports.ts'
import type { Memory } from './memory.ts'

/** Applies a step unless it was applied before. Gives whether it did so now. */
export async function applyStep(step: Step, memory: Memory, world: World, signal: AbortSignal): Promise<boolean> {
  const known = memory.state.steps.get(step.id)
  if (known?.phase === 'applied') return false
  if (known?.phase !== 'captured') memory.append({ type: 'captured', step: step.id, saved: await step.capture(signal) })
  world.reached('step-captured')
  await step.apply(signal)
  world.reached('step-applied')
  memory.append({ type: 'applied', step: step.id })
  world.reached('step-journaled')
  return true
}

/** Undoes a step that was applied, or may have been. Gives whether it did so now. */
export async function undoStep(step: Step, memory: Memory, world: World, signal: AbortSignal): Promise<boolean> {
  const known = memory.state.steps.get(step.id)
  if (!known || known.phase === 'undone') return false
  await step.undo(known.saved, signal)
  world.reached('step-undone')
  memory.append({ type: 'undone', step: step.id })
  return true
}
