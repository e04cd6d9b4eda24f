import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask, JsonObject } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { flatSettings } from './flat-settings.ts'
import { mappedFields } from './mapping-fields.ts'
import { indexCount } from './name-lists.ts'

type Definition = Pick<IndexTask, 'settings' | 'mappings'>

/** How near the mappings are to the limits beyond which a target refuses documents that bring new fields. */
export const fieldLimits: Check = {
  id: 'field-limits',
  title: 'fields of the planned indices and their limits',
  code: 'metadata-refused',
  run: async ({ target, plan, created }, signal) =>
    await attempted('field-limits', 'target', async () => {
      if (!plan) return [noPlan('target', 'its field limits')]
      const tasks = movedTasks(plan)
      const found: Found[] = []
      for (const task of tasks) {
        const there = task.action === 'into-existing' || created?.has(task.target) === true
        const definition = there ? await definitionOf(target, task.target, signal) : task
        found.push(...limits.flatMap(limit => compare(task.target, limit, definition)))
      }
      if (found.length > 0) return found
      return [
        { about: 'target', severity: 'ok', message: `${indexCount(tasks.length)}: mappings are well within the field limits.` },
      ]
    }),
}

interface Limit {
  readonly setting: string
  readonly standard: number
  readonly what: string
  readonly count: (fields: ReturnType<typeof mappedFields>) => number
}

const limits: readonly Limit[] = [
  {
    setting: 'index.mapping.total_fields.limit',
    standard: 1000,
    what: 'fields',
    count: fields => fields.length,
  },
  {
    setting: 'index.mapping.nested_fields.limit',
    standard: 50,
    what: 'nested fields',
    count: fields => fields.filter(({ type }) => type === 'nested').length,
  },
  {
    setting: 'index.mapping.depth.limit',
    standard: 20,
    what: 'levels of objects',
    count: fields => Math.max(0, ...fields.map(({ depth }) => depth)),
  },
]

function compare(index: string, { setting, standard, what, count }: Limit, { settings, mappings }: Definition): Found[] {
  const limit = Number(flatSettings(settings).get(setting) ?? standard)
  const used = count(mappedFields(mappings))
  const fixed = [false, 'false', 'strict'].some(word => word === mappings['dynamic'])
  if (used <= limit * 0.9 || (fixed && used <= limit)) return []
  const message =
    used > limit
      ? `Its mapping has ${used} ${what}, more than the ${limit} that are allowed (${setting}).`
      : `Its mapping has ${used} of ${limit} ${what} (${setting}); documents that bring more are set aside.`
  return [
    {
      about: index,
      // Whether the target takes the mapping is judged by the target itself: the check `definitions`.
      severity: 'warning',
      message,
      remedy: `In the plan file, in the settings of ${index}: ${setting}: ${Math.ceil((used * 1.5) / 10) * 10}\nOr, once it is on the target:\nPUT /${indexPath(index)}/_settings {"${setting}":${Math.ceil((used * 1.5) / 10) * 10}}`,
    },
  ]
}

async function definitionOf(target: Cluster, index: string, signal: AbortSignal): Promise<Definition> {
  const answer = await json<Readonly<Record<string, { settings?: JsonObject; mappings?: JsonObject }>>>(target, {
    method: 'GET',
    path: `/${indexPath(index)}`,
    signal,
  })
  const { settings = {}, mappings = {} } = answer[index] ?? {}
  return { settings, mappings }
}
