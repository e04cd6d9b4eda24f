import { createHash } from 'node:crypto'
import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { refusal } from '../cluster/refusal.ts'
import type { StepKind } from '../cluster/step-kind.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Step } from '../model/ports.ts'
import { fieldTypes } from './fields.ts'

const prefix = 'extend-mapping/'

/** Fields and parameters that an index gets later. They cannot be taken back: a mapping only grows. */
export function extendMappingStep(cluster: Cluster, index: string, growth: JsonObject): Step<null> {
  const digest = createHash('sha256').update(JSON.stringify(growth)).digest('hex').slice(0, 12)
  return {
    id: `${prefix}${index}/${digest}`,
    describe: () => `add to the mapping of index ${index} on the ${cluster.side}: ${namesIn(growth).join(', ')}`,
    capture: () => Promise.resolve(null),
    async apply(signal) {
      const request = { method: 'PUT', path: `/${indexPath(index)}/_mapping`, body: growth, signal } as const
      const answer = await cluster.exchange(request)
      if (answer.status >= 400) throw refusal(cluster, request, answer)
    },
    undo: () => Promise.resolve(),
  }
}

export const extendMappingKind: StepKind = { prefix, atEnd: 'kept' }

/** Fields by their path, other parts of a mapping by their name. */
export function namesIn(growth: JsonObject): readonly string[] {
  return [
    ...fieldTypes(growth).keys(),
    ...Object.keys(growth)
      .filter(key => key !== 'properties')
      .map(key => `mappings.${key}`),
  ]
}
