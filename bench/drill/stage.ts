import { recipeOf } from '../../lab/dists.ts'
import { settled, startSource, startTarget, stop } from '../../test/support/pair.ts'
import { seeded } from '../../test/proxy/random.ts'
import { drillCluster } from './cluster.ts'
import type { Stage } from './fault.ts'
import { Truth } from './truth.ts'
import { fill } from './writers.ts'
import type { Written } from './writers.ts'

export interface StageOptions {
  readonly name: string
  readonly sourceDist: string
  readonly targetDist: string
  readonly nodes: number
  /** Ids in the three indices together. */
  readonly ids: number
  readonly seed: number
  /** So many of the three indices, the last ones: 3 where nothing is said; none where rounds make their own. */
  readonly indices?: number
}

/** Both clusters end with it. */
export type OpenStage = Stage & AsyncDisposable

const heap = '384m'

/** Queues as short as this fill up under a storm that two cores can make. */
const shortQueue = 10

/** Two clusters of several nodes, and up to three indices on the source, of one to three shards with a replica each. */
export async function openStage({
  name,
  sourceDist,
  targetDist,
  nodes,
  ids,
  seed,
  indices = 3,
}: StageOptions): Promise<OpenStage> {
  const [sourceSite, targetSite] = await settled([
    startSource(name, { dist: sourceDist, nodes, heap, settings: shortSearchQueue(sourceDist) }),
    startTarget(name, { dist: targetDist, nodes, heap, settings: { 'thread_pool.write.queue_size': shortQueue } }),
  ])
  const [source, target] = [drillCluster(sourceSite), drillCluster(targetSite)]
  const truth = new Truth()
  const written: Written[] = [
    { name: 'orders', ids: Math.round(0.4 * ids), routed: false, shards: 2 },
    { name: 'people', ids: Math.round(0.2 * ids), routed: false, shards: 1 },
    { name: 'events', ids: Math.round(0.4 * ids), routed: true, shards: 3 },
  ].slice(3 - indices)
  for (const one of written) await makeWritten({ source, truth }, one, seed)
  return {
    source,
    target,
    truth,
    written,
    [Symbol.asyncDispose]: async () => {
      await source.close()
      await target.close()
      await stop(name, sourceSite, targetSite)
    },
  }
}

/** Makes an index and fills it. */
export async function makeWritten({ source, truth }: Pick<Stage, 'source' | 'truth'>, one: Written, seed: number): Promise<void> {
  await source.json('PUT', `/${one.index ?? one.name}?wait_for_active_shards=all`, {
    settings: { number_of_shards: one.shards, number_of_replicas: 1 },
    aliases: one.index === undefined ? {} : { [one.name]: {} },
  })
  truth.begin(one.name)
  await fill(source, truth, one, seeded(seed, one.ids))
}

function shortSearchQueue(dist: string): Record<string, number> {
  const queue = 'thread_pool.search'
  const { product, version } = recipeOf(dist)
  const adjusts = product === 'elasticsearch' && version.startsWith('7.')
  return Object.fromEntries(
    (adjusts ? ['queue_size', 'min_queue_size', 'max_queue_size'] : ['queue_size']).map(name => [`${queue}.${name}`, shortQueue]),
  )
}
