import type { Json } from '../../model/plan.ts'
import { substitute } from './substitute.ts'

export const aggregateMetricDouble = substitute(
  'aggregate_metric_double',
  'a target without aggregate_metric_double has an object of numbers for it',
  definition => {
    const metrics = Array.isArray(definition['metrics']) ? (definition['metrics'] as readonly Json[]).map(String) : []
    return {
      definition: {
        properties: Object.fromEntries(metrics.map(metric => [metric, { type: metric === 'value_count' ? 'long' : 'double' }])),
      },
      hides: true,
      lost: `queries and aggregations name the metric, such as .${metrics[0] ?? 'max'}`,
    }
  },
)
