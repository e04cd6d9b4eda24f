import type { Json } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'

/** Several steps as one, known by the id of the last: applied in this order, undone in the other. */
export function together(earlier: readonly Step[], last: Step): Step {
  if (earlier.length === 0) return last
  const steps = [...earlier, last]
  return {
    id: last.id,
    describe: () => steps.map(step => step.describe()).join('; '),
    capture: async signal => {
      const saved: Json[] = []
      for (const step of steps) saved.push(await step.capture(signal))
      return saved
    },
    apply: async signal => {
      for (const step of steps) await step.apply(signal)
    },
    undo: async (saved, signal) => {
      for (const [at, step] of [...steps.entries()].toReversed()) await step.undo((saved as readonly Json[])[at] ?? null, signal)
    },
  }
}
