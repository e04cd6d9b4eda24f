import type { Change, Json, JsonObject } from '../../model/plan.ts'
import { isObject } from '../tree.ts'
import type { Converted } from './object-kind.ts'

/**
 * Phases become states, in their order. An age in ILM counts from the rollover where there is one, and from the making of the
 * index where there is none; ISM has a condition for each.
 */
export function ilmToIsm(definition: JsonObject): Converted {
  const policy = isObject(definition['policy']) ? definition['policy'] : {}
  const phases = isObject(policy['phases']) ? policy['phases'] : {}
  const order = ['hot', 'warm', 'cold', 'frozen', 'delete'].filter(phase => isObject(phases[phase]))
  const changes: Change[] = []
  const hot = phases['hot']
  const rolls = isObject(hot) && isObject(hot['actions']) && hot['actions']['rollover'] !== undefined
  const states = order.map((name, at) => {
    const { actions = {} } = phases[name] as JsonObject
    const next = order[at + 1]
    const age = next === undefined ? undefined : ((phases[next] as JsonObject)['min_age'] ?? '0ms')
    return {
      name,
      actions: Object.entries(isObject(actions) ? actions : {}).flatMap(([action, options]) => {
        const converted = convertAction(action, isObject(options) ? options : {})
        if (converted.length === 0)
          changes.push({ kind: 'dropped', what: `phases.${name}.${action}`, why: 'ISM has no such action' })
        return converted
      }),
      transitions:
        next === undefined || age === undefined
          ? []
          : [{ state_name: next, conditions: { [rolls ? 'min_rollover_age' : 'min_index_age']: age } }],
    }
  })
  changes.push({
    kind: 'converted',
    what: 'policy',
    why: 'phases of ILM are states of ISM; attach the policy to indices once they are moved',
  })
  return {
    definition: {
      policy: { description: 'Converted from ILM', default_state: order[0] ?? 'hot', states: states as unknown as Json },
    },
    changes,
    refusals: order.length === 0 ? ['it has no phases'] : [],
  }
}

const conditions: Readonly<Record<string, string>> = {
  max_age: 'min_index_age',
  max_size: 'min_size',
  max_docs: 'min_doc_count',
  max_primary_shard_size: 'min_primary_shard_size',
}

/** As ISM takes it: a size or an age as text, a number of documents as a number. */
function convertAction(action: string, options: JsonObject): JsonObject[] {
  switch (action) {
    case 'rollover':
      return [{ rollover: renamed(options, conditions) }]
    case 'forcemerge':
      return [{ force_merge: { max_num_segments: options['max_num_segments'] ?? 1 } }]
    case 'shrink':
      return options['number_of_shards'] === undefined ? [] : [{ shrink: { num_new_shards: options['number_of_shards'] } }]
    case 'readonly':
      return [{ read_only: {} }]
    case 'set_priority':
      return [{ index_priority: { priority: options['priority'] ?? 0 } }]
    case 'delete':
      return [{ delete: {} }]
    case 'allocate':
      return allocate(options)
    default:
      return []
  }
}

function allocate(options: JsonObject): JsonObject[] {
  const filters = ['require', 'include', 'exclude'].filter(filter => isObject(options[filter]))
  const replicas = options['number_of_replicas']
  return [
    ...(replicas === undefined ? [] : [{ replica_count: { number_of_replicas: replicas } }]),
    ...(filters.length === 0 ? [] : [{ allocation: Object.fromEntries(filters.map(filter => [filter, options[filter] ?? {}])) }]),
  ]
}

function renamed(options: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (names[name] === undefined ? [] : [[names[name], value]])),
  )
}
