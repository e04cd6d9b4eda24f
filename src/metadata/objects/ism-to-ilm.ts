import type { Change, Json, JsonObject } from '../../model/plan.ts'
import { asText, isObject } from '../tree.ts'
import type { Converted } from './object-kind.ts'

/**
 * States become phases where they form one chain that ages lead along: ILM has at most hot, warm, cold and delete, in this
 * order, and nothing but an age leads from one to the next.
 */
export function ismToIlm(definition: JsonObject): Converted {
  const policy = isObject(definition['policy']) ? definition['policy'] : {}
  const states = new Map(listOf(policy['states']).map(state => [state['name'], state]))
  const chain: { readonly state: JsonObject; readonly age: Json }[] = []
  let next: { name: Json | undefined; age: Json } | undefined = { name: policy['default_state'], age: '0ms' }
  while (next !== undefined) {
    const state = states.get(next.name)
    if (state === undefined || chain.some(one => one.state === state)) return refused('its states lead in a circle or nowhere')
    chain.push({ state, age: next.age })
    const [transition, ...others] = listOf(state['transitions'])
    const conditions = transition && isObject(transition['conditions']) ? transition['conditions'] : {}
    const age = conditions['min_rollover_age'] ?? conditions['min_index_age']
    if (others.length > 0 || Object.keys(conditions).length > 1 || (transition && age === undefined))
      return refused(`state ${asText(next.name)} is left by something else than one age`)
    next = transition && { name: transition['state_name'], age: age ?? '0ms' }
  }
  const last = chain.at(-1)?.state
  const deletes = listOf(last?.['actions']).some(action => action['delete'] !== undefined)
  const names = ['hot', 'warm', 'cold'].slice(0, chain.length - (deletes ? 1 : 0))
  if (names.length < chain.length - (deletes ? 1 : 0)) return refused('ILM has no more than hot, warm and cold before delete')
  if (deletes) names.push('delete')
  const changes: Change[] = [
    { kind: 'converted', what: 'policy', why: 'states of ISM are phases of ILM; give it to indices once they are moved' },
  ]
  const phases = chain.map(({ state, age }, at) => {
    const actions = listOf(state['actions']).flatMap(action => convertAction(action, `states.${asText(state['name'])}`, changes))
    return [names[at] ?? '', { min_age: age, actions: Object.fromEntries(actions) }] as const
  })
  return { definition: { policy: { phases: Object.fromEntries(phases) } }, changes, refusals: [] }
}

function refused(why: string): Converted {
  return { definition: {}, changes: [], refusals: [`it cannot be an ILM policy: ${why}`] }
}

const conditions: Readonly<Record<string, string>> = {
  min_index_age: 'max_age',
  min_size: 'max_size',
  min_doc_count: 'max_docs',
  min_primary_shard_size: 'max_primary_shard_size',
}

/** An action of ISM stands beside its `retry` and `timeout`, which ILM has not. */
function convertAction(action: JsonObject, where: string, changes: Change[]): [string, JsonObject][] {
  return Object.entries(action).flatMap(([name, given]): [string, JsonObject][] => {
    const options = isObject(given) ? given : {}
    switch (name) {
      case 'retry':
      case 'timeout':
        return []
      case 'rollover':
        return [
          [
            'rollover',
            Object.fromEntries(
              Object.entries(options).flatMap(([key, value]) => (conditions[key] ? [[conditions[key], value]] : [])),
            ),
          ],
        ]
      case 'force_merge':
        return [['forcemerge', { max_num_segments: options['max_num_segments'] ?? 1 }]]
      case 'shrink':
        if (options['num_new_shards'] !== undefined) return [['shrink', { number_of_shards: options['num_new_shards'] }]]
        break
      case 'read_only':
        return [['readonly', {}]]
      case 'index_priority':
        return [['set_priority', { priority: options['priority'] ?? 0 }]]
      case 'replica_count':
        return [['allocate', { number_of_replicas: options['number_of_replicas'] ?? 1 }]]
      case 'delete':
        return [['delete', {}]]
    }
    changes.push({ kind: 'dropped', what: `${where}.${name}`, why: 'ILM has no such action' })
    return []
  })
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : []
}
