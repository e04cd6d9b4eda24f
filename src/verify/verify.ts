import type { IndexComparison } from '../model/verification.ts'
import { compareIndex } from './compare-index.ts'
import type { CompareOptions, CompareParts } from './compare-index.ts'
import type { ComparedIndex } from './compared-index.ts'

/** Compares index after index; those that an earlier run finished are not compared again. */
export async function compareAll(
  indices: readonly ComparedIndex[],
  options: CompareOptions,
  parts: CompareParts,
  signal: AbortSignal,
): Promise<readonly IndexComparison[]> {
  const results: IndexComparison[] = []
  for (const index of indices) {
    const known = parts.kept.finished(index.task.source)
    const result = known ?? (await compareIndex(index, options, parts, signal))
    if (!known) parts.kept.finish(result)
    parts.meter.compared(result)
    parts.world.reached('index-compared')
    results.push(result)
  }
  return results
}
