/**
 * One pair of clusters for all files of a stage that want nothing but the usual two: starting them takes longer than most
 * tests. Each file gets them empty. The setup of the stage ends them, see vitest.config.ts.
 */
import { down, list } from '../../lab/cluster.ts'
import { isRunning } from '../../lab/process.ts'
import { settled, siteOf, startPair } from './pair.ts'
import type { Pair } from './pair.ts'
import type { SecuredSite } from './site.ts'

const name = 'test-shared'

/** A secured Elasticsearch 7.10.2 and a secured OpenSearch 2.19.4 that hold nothing. A file that ends their nodes starts its own. */
export async function sharedPair(): Promise<Pair> {
  const known = (side: 'source' | 'target'): SecuredSite | undefined => {
    const cluster = list().find(one => one.name === `${name}-${side}`)
    return cluster?.nodes.every(isRunning) === true ? siteOf(cluster, side) : undefined
  }
  const [source, target] = [known('source'), known('target')]
  if (!source || !target) return await startPair(name)
  await settled([emptied(source), emptied(target)])
  return { source, target }
}

export async function leave(pair: Pair | undefined): Promise<void> {
  for (const site of pair ? [pair.source, pair.target] : []) await site.close()
}

/** Vitest's global setup and teardown: ends what an earlier run has left, and at the end what this one has started. */
export const setup = endAll
export const teardown = endAll

async function endAll(): Promise<void> {
  for (const cluster of list().filter(one => one.name.startsWith(`${name}-`))) await down(cluster.name)
}

/** Removes all that tests make, also behind a block; but for users and roles, which disturb nobody. */
async function emptied(site: SecuredSite): Promise<void> {
  const all = await site.json<readonly { index: string }[]>('GET', '/_cat/indices?format=json&h=index&expand_wildcards=all')
  for (const { index } of all.filter(one => !one.index.startsWith('.'))) {
    await site.send('PUT', `/${encodeURIComponent(index)}/_settings`, { 'index.blocks.read_only': null })
    await site.bytes('DELETE', `/${encodeURIComponent(index)}`)
  }
  const settings = await site.json<Record<string, Record<string, string>>>('GET', '/_cluster/settings?flat_settings')
  for (const [lasting, changed] of Object.entries(settings)) {
    const unset = Object.fromEntries(Object.keys(changed).map(key => [key, null]))
    if (Object.keys(unset).length > 0) await site.json('PUT', '/_cluster/settings', { [lasting]: unset })
  }
  for (const path of ['/_ingest/pipeline/*', '/_template/*', '/_index_template/*']) await site.send('DELETE', path)
}
