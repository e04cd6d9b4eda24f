import { movedTasks } from '../model/plan.ts'
import { indexPath } from '../cluster/cluster.ts'
import { unblockCall } from '../cluster/refusal.ts'
import { attempted, noPlan } from './check.ts'
import type { Check, Found } from './check.ts'
import { indexBlocks } from './index-blocks.ts'
import type { Block } from './index-blocks.ts'
import { indexCount } from './name-lists.ts'
import { resolveNames } from './resolve-names.ts'

/** Whether every index of the plan is still there, open, and may be read. None is opened or unblocked silently. */
export const openIndices: Check = {
  id: 'open-indices',
  title: "state of the plan's indices on the source",
  code: 'plan-refused',
  run: async ({ source, plan }, signal) =>
    await attempted(
      'open-indices',
      'source',
      async () => {
        if (!plan) return [noPlan('source', 'whether its indices are open')]
        const names = movedTasks(plan).map(task => task.source)
        const { indices } = await resolveNames(source, names, signal)
        const blocks = await indexBlocks(
          source,
          names.filter(name => indices.has(name)),
          signal,
        )
        const found = names.flatMap(name => describe(name, indices.get(name), blocks.get(name) ?? []))
        if (found.length > 0) return found
        return [{ about: 'source', severity: 'ok', message: `${indexCount(names.length)} of the plan, all open and readable.` }]
      },
      mayNotLook,
    ),
}

const mayNotLook =
  "Give the source's user the index privilege view_index_metadata (Elasticsearch) or the permissions indices:admin/resolve/index and indices:monitor/settings/get (OpenSearch) on the plan's indices"

function describe(name: string, index: { readonly open: boolean } | undefined, blocks: readonly Block[]): Found[] {
  if (!index) {
    const message = 'It is not on the source any more, or the user may not see it.'
    return [{ about: name, severity: 'error', message, remedy: `shardferry plan again, or leave it out: --index '*,-${name}'` }]
  }
  if (!index.open) {
    const remedy = `On the source:\nPOST /${indexPath(name)}/_open\nOr leave it out: --index '*,-${name}'`
    return [{ about: name, severity: 'error', message: 'It is closed on the source, and a closed index cannot be read.', remedy }]
  }
  const unblock = (block: Block): string => `On the source:\n${unblockCall(name, block)}`
  if (blocks.includes('read')) {
    const message = 'Reading it is blocked on the source (index.blocks.read).'
    return [{ about: name, severity: 'error', message, remedy: unblock('read') }]
  }
  if (blocks.includes('metadata')) {
    const message = 'Its settings cannot be read on the source (index.blocks.metadata).'
    return [{ about: name, severity: 'error', message, remedy: unblock('metadata') }]
  }
  if (blocks.length === 0) return []
  const message = `It takes no writes on the source (index.blocks.${blocks.join(', index.blocks.')}), so it does not change while it is copied.`
  return [{ about: name, severity: 'info', message }]
}
