import { indexPath } from '../cluster/cluster.ts'
import { movedTasks } from '../model/plan.ts'
import type { IndexTask } from '../model/plan.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { indexCount, shortList } from './name-lists.ts'
import { resolveNames } from './resolve-names.ts'
import type { ResolvedNames } from './resolve-names.ts'

/** Whether the target's names are free where an index is to be made, and indices where one is to be written into. */
export const targetNames: Check = {
  id: 'target-names',
  title: 'names on the target',
  code: 'target-exists',
  run: async ({ target, plan, created }, signal) =>
    await attempted(
      'target-names',
      'target',
      async () => {
        if (!plan) return [noPlan('target', 'whether its names are free')]
        const tasks = movedTasks(plan).filter(task => !created?.has(task.target))
        const names = await resolveNames(
          target,
          tasks.map(task => task.target),
          signal,
        )
        const found = tasks.flatMap(task => describe(task, names))
        if (found.length > 0) return found
        return [{ about: 'target', severity: 'ok', message: `${indexCount(tasks.length)}: every name is as the plan takes it.` }]
      },
      mayNotLook,
    ),
}

const mayNotLook =
  "Give the target's user the index privilege view_index_metadata (Elasticsearch) or the permission indices:admin/resolve/index (OpenSearch) on the target's names"

function describe({ target: name, action }: IndexTask, { indices, aliases, dataStreams }: ResolvedNames): Found[] {
  const error = (message: string, remedy: string): Found[] => [{ about: name, severity: 'error', message, remedy }]
  const rename = `Another name: --rename '{index}-v2'.`
  const behind = aliases.get(name)
  if (behind)
    return error(
      `That name is an alias on the target, of ${shortList(behind)}.`,
      `${rename} Or take the alias away, on the target:\nPOST /_aliases ${JSON.stringify({ actions: [{ remove: { index: behind[0] ?? 'INDEX', alias: name } }] })}`,
    )
  if (dataStreams.has(name))
    return error(
      'That name is a data stream on the target.',
      `${rename} Or, if nobody needs it, on the target:\nDELETE /_data_stream/${indexPath(name)}`,
    )
  if (indices.has(name) && action === 'create')
    return error(
      'An index of that name is on the target already.',
      `Write into it: --into-existing. ${rename} Or, if nobody needs it, on the target:\nDELETE /${indexPath(name)}`,
    )
  if (!indices.has(name) && action === 'into-existing')
    return error(
      'The plan writes into an index of that name, and the target has none.',
      `In the plan file, for this index: action: create. Or make the plan again: shardferry plan`,
    )
  return []
}
