import type { Partition } from '../model/documents.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'

/** The query that matches a partition's documents on the shards it is asked on; which slice of them is not part of it. */
export function partitionQuery(task: IndexTask, range: Partition['range']): JsonObject {
  const own = rangeOf(range)
  if (own === undefined) return task.query ?? { match_all: {} }
  return { bool: { filter: task.query ? [own, task.query] : [own] } }
}

function rangeOf(range: Partition['range']): JsonObject | undefined {
  switch (range.by) {
    case 'seq-no':
    case 'seq-no-band':
      return { range: { _seq_no: { gte: range.from, lte: range.to } } }
    case 'field': {
      const { field, gte, lt } = range
      if (range.missing) return { bool: { must_not: { exists: { field } } } }
      return {
        range: {
          [field]: {
            ...(gte === undefined ? {} : { gte }),
            ...(lt === undefined ? {} : { lt }),
            ...(range.date ? { format: 'epoch_millis' } : {}),
          },
        },
      }
    }
    case 'slice':
      return undefined
  }
}
