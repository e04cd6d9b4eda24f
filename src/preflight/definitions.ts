/**
 * Whether the target can make the planned indices: the target itself is asked. A simulated index template builds the
 * analyzers and merges the mappings as making the index would, and leaves nothing behind (Elasticsearch 7.9, OpenSearch 1).
 */
import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { innermostReason, refusal, serverError } from '../cluster/refusal.ts'
import { refusedSettings } from '../cluster/refused-settings.ts'
import { InFlight } from '../flow/in-flight.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted, noPlan, tasksToCreate } from './check.ts'
import type { Check, Found } from './check.ts'
import { definitionRemedy } from './definition-remedy.ts'
import { flatSettings } from './flat-settings.ts'
import { indexCount, shortList } from './name-lists.ts'

export const definitions: Check = {
  id: 'definitions',
  title: 'analyzers, their files, field types and settings of the planned indices on the target',
  code: 'metadata-refused',
  run: async (context, signal) =>
    await attempted(
      'definitions',
      'target',
      async () => {
        if (!context.plan) return [noPlan('target', 'whether it can make the indices')]
        const tasks = tasksToCreate(context)
        const results = await simulateAll(context.target, tasks, signal)
        const found = [...results, ...filesNeeded(context.target, tasks)]
        if (results.length > 0 || tasks.length === 0) return found
        const message = `${indexCount(tasks.length)}: the target can make ${tasks.length === 1 ? 'it' : 'them'}, with analysis and mappings (simulated).`
        return [{ about: 'target', severity: 'ok', message }, ...found]
      },
      mayNotLook,
    ),
}

const mayNotLook =
  "Give the target's user the cluster privilege manage_index_templates (Elasticsearch) or cluster_manage_index_templates (OpenSearch); without it, a refusal shows when the index is made"

const atOnce = 4
/** Above what anybody gives a template of their own, so that no template of the target has the same. */
const priority = 2_000_000_011

/** Indices of one definition are simulated once. */
async function simulateAll(target: Cluster, tasks: readonly IndexTask[], signal: AbortSignal): Promise<Found[]> {
  const alike = Map.groupBy(tasks, ({ settings, mappings }) => JSON.stringify([settings, mappings]))
  const found: Found[] = []
  const simulations = new InFlight(atOnce)
  for (const group of alike.values())
    await simulations.start(async () => {
      const [first] = group
      const names = shortList(group.map(task => task.target))
      if (first) found.push(...(await simulate(target, first, names, signal)))
    })
  await simulations.drain()
  return found
}

/** Settings that the target refuses are left out when the index is made, so here too; each round leaves out at least one. */
async function simulate(target: Cluster, task: IndexTask, about: string, signal: AbortSignal): Promise<Found[]> {
  const settings = flatSettings(task.settings)
  // A simulated index has one shard, too few for routing partitions.
  settings.delete('index.routing_partition_size')
  // No template takes the age of an index, though an index does.
  settings.delete('index.creation_date')
  const left: string[] = []
  for (;;) {
    const template = { settings: Object.fromEntries(settings), mappings: task.mappings }
    const request = {
      method: 'POST',
      path: `/_index_template/_simulate_index/${indexPath(task.target)}`,
      query: { filter_path: 'overlapping.name' },
      body: { index_patterns: [task.target], priority, template },
      signal,
    } as const
    const answer = await target.exchange(request)
    if (answer.status < 400) return left.length > 0 ? [leftOut(about, left)] : []
    // An error without a type is of the request itself: this server cannot simulate.
    if (answer.status !== 400 || serverError(answer).type === '') throw refusal(target, request, answer)
    const refused = refusedSettings(answer).filter(name => settings.delete(name))
    if (refused.length === 0)
      return [cannotMake(target, about, innermostReason(answer)), ...(left.length > 0 ? [leftOut(about, left)] : [])]
    left.push(...refused)
  }
}

function leftOut(about: string, settings: readonly string[]): Found {
  return {
    about,
    severity: 'warning',
    message: `The target does not know ${shortList(settings)}: left out when the index is made.`,
    remedy: 'Install the plugin that brings the setting on every node of the target, or take it out of the plan file',
  }
}

function cannotMake(target: Cluster, about: string, reason: string): Found {
  return {
    about,
    severity: 'error',
    message: `The target cannot make it: ${reason}`,
    remedy: definitionRemedy(reason, target.identity.flavor, about),
  }
}

/** Only the node that was asked has looked for them. */
function filesNeeded(target: Cluster, tasks: readonly IndexTask[]): Found[] {
  const files = tasks.flatMap(task =>
    [...flatSettings(task.settings)].flatMap(([name, value]) =>
      /^index\.analysis\..*(_path|_file|user_dictionary)$/.test(name) && typeof value === 'string' ? [value] : [],
    ),
  )
  if (files.length === 0) return []
  const message = `Analysis reads ${shortList([...new Set(files)])} from the config folder of every node of the ${target.side}; only one node was asked whether it has them.`
  return [{ about: 'target', severity: 'info', message }]
}
