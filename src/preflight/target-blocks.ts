import { clusterSettings } from '../cluster/cluster-settings.ts'
import { indexPath } from '../cluster/cluster.ts'
import { attempted } from './check.ts'
import type { Check, Found } from './check.ts'
import { indexBlocks } from './index-blocks.ts'
import { resolveNames } from './resolve-names.ts'

/** Blocks that keep the target from taking documents: of the whole cluster, and of indices that are written into. */
export const targetBlocks: Check = {
  id: 'target-blocks',
  title: 'write blocks on the target',
  code: 'target-blocked',
  run: async ({ target, plan, created }, signal) => {
    const written =
      plan?.indices
        .filter(task => task.action === 'into-existing' || (task.action === 'create' && created?.has(task.target)))
        .map(task => task.target) ?? []
    const [ofCluster, ofIndices] = await Promise.all([
      attempted('target-blocks', 'target', async () => {
        const settings = await clusterSettings(target, signal)
        if (settings.value('cluster.blocks.read_only') === undefined) {
          const message = 'The target does not tell its cluster.blocks settings.'
          const remedy = 'GET /_cluster/settings?include_defaults=true&flat_settings=true'
          return [{ about: 'target', severity: 'unknown', message, remedy }]
        }
        const on = clusterBlocks.filter(block => settings.value(`cluster.blocks.${block}`) === 'true')
        return on.map(block => blockedCluster(block, settings.places(`cluster.blocks.${block}`)))
      }),
      attempted('target-blocks', 'target', async () => {
        if (written.length === 0) return []
        const { indices } = await resolveNames(target, written, signal)
        const existing = written.filter(name => indices.has(name))
        const closed = existing.filter(name => indices.get(name)?.open === false)
        const blocks = await indexBlocks(target, existing, signal)
        return [...closed.map(closedIndex), ...[...blocks].map(([name, on]) => blockedIndex(name, on))]
      }),
    ])
    const found = [...ofCluster, ...ofIndices]
    return found.length > 0
      ? found
      : [{ check: 'target-blocks', about: 'target', severity: 'ok', message: 'Nothing blocks writes.' }]
  },
}

const clusterBlocks = ['read_only', 'read_only_allow_delete', 'create_index'] as const

/** A read-only cluster takes a change of its settings only where that names the block and nothing else. */
function blockedCluster(block: (typeof clusterBlocks)[number], places: readonly string[]): Found {
  const calls = places.map(place => `PUT /_cluster/settings {"${place}":{"cluster.blocks.${block}":null}}`)
  return {
    about: 'target',
    severity: 'error',
    message:
      block === 'create_index'
        ? 'The target makes no new indices (cluster.blocks.create_index): OpenSearch sets it when disks are almost full.'
        : `The whole target is read-only (cluster.blocks.${block}).`,
    remedy:
      calls.length > 0
        ? `On the target, once its disks have room:\n${calls.join('\n')}`
        : `Take cluster.blocks.${block} out of the settings file of every target node, and restart it`,
  }
}

function closedIndex(name: string): Found {
  const message = 'It is closed on the target, and a closed index takes no documents.'
  return { about: name, severity: 'error', message, remedy: `On the target:\nPOST /${indexPath(name)}/_open` }
}

function blockedIndex(name: string, blocks: readonly string[]): Found {
  const settings = blocks.map(block => `"index.blocks.${block}":null`).join(',')
  return {
    about: name,
    severity: 'error',
    message: `It is blocked on the target (index.blocks.${blocks.join(', index.blocks.')})${blocks.includes('read_only_allow_delete') ? ': its node reached the flood stage of its disk' : ''}.`,
    remedy: `On the target${blocks.includes('read_only_allow_delete') ? ', once its disks have room' : ''}:\nPUT /${indexPath(name)}/_settings {${settings}}`,
  }
}
