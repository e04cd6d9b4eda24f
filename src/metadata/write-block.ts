import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { indexSettings } from '../cluster/index-settings.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import type { UndoneKind } from '../cluster/step-kind.ts'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Step, World } from '../model/ports.ts'
import { atLeast } from '../model/version.ts'

/** The block's setting as it was; null where it was not set. */
type Saved = string | null

const setting = 'index.blocks.write'

function prefixOf(side: Side): string {
  return `write-block/${side}/`
}

/**
 * Takes writes away from an index. Where the server has the API for it (`PUT INDEX/_block/write`: Elasticsearch from 7.9, OpenSearch), writes
 * that were under way are over when it answers. Elsewhere, and for the index that a data stream writes to, the setting is
 * changed, which says nothing of those that were let through before: they are waited for.
 */
export function writeBlockStep(cluster: Cluster, index: string, world: Pick<World, 'sleep'>): Step<Saved> {
  return {
    id: `${prefixOf(cluster.side)}${index}`,
    describe: () => `block writes to index ${index} on the ${cluster.side}`,

    async capture(signal) {
      const found = await indexSettings(cluster, index, setting, signal)
      return found?.get(index)?.[setting] ?? null
    },

    async apply(signal) {
      const { flavor, version } = cluster.identity
      const blocked = async (): Promise<void> => {
        await put(cluster, index, 'true', signal)
        await untilQuiet(cluster, index, world, signal)
      }
      if (flavor === 'elasticsearch' && !atLeast(version, 7, 9)) return await blocked()
      const answer = await addBlock(cluster, index, signal)
      if (answer === 'of a data stream') return await blocked()
      if (answer.acknowledged && answer.shards_acknowledged) return
      throw new ShardferryError(
        'unavailable',
        `Not every shard of ${index} on the ${cluster.side} has taken the write block in time.`,
        {
          recovery: 'retry',
          hint: `Look at the health of the index: GET _cluster/health/${index}`,
        },
      )
    },

    undo: (saved, signal) => restore(cluster, index, saved, signal),
  }
}

/** The servers refuse it for the index that a data stream writes to. */
async function addBlock(
  cluster: Cluster,
  index: string,
  signal: AbortSignal,
): Promise<{ readonly acknowledged: boolean; readonly shards_acknowledged: boolean } | 'of a data stream'> {
  try {
    return await json(cluster, { method: 'PUT', path: `/${indexPath(index)}/_block/write`, signal })
  } catch (thrown) {
    if (thrown instanceof ShardferryError && /data stream write ind/.test(thrown.message)) return 'of a data stream'
    throw thrown
  }
}

/** Write blocks that a cutover left, given back without the plan. */
export function writeBlockKind(side: Side): UndoneKind {
  return {
    prefix: prefixOf(side),
    atEnd: 'undone',
    side,
    describe: index => `let writes to index ${index} on the ${side} through again`,
    undo: (cluster, index, saved, signal) => restore(cluster, index, saved as Saved, signal),
  }
}

async function restore(cluster: Cluster, index: string, saved: Saved, signal: AbortSignal): Promise<void> {
  const there = await jsonIfFound(cluster, { method: 'GET', path: `/${indexPath(index)}/_settings/${setting}`, signal })
  if (there !== undefined) await put(cluster, index, saved, signal)
}

async function put(cluster: Cluster, index: string, value: Saved, signal: AbortSignal): Promise<void> {
  const answer = await json<{ acknowledged: boolean }>(cluster, {
    method: 'PUT',
    path: `/${indexPath(index)}/_settings`,
    body: { [setting]: value },
    signal,
  })
  if (answer.acknowledged) return
  throw new ShardferryError('unavailable', `Not every node of the ${cluster.side} knows the write block of ${index} in time.`, {
    recovery: 'retry',
    hint: 'Its master is busy, or a node does not answer: GET _cat/nodes',
  })
}

interface Counted {
  readonly index_total?: number
  readonly delete_total?: number
  readonly index_current?: number
  readonly delete_current?: number
}

/** Longer than a write that was let through waits for its turn. */
const quietMs = 1_000

/** Until the primaries have nothing under way, and have counted nothing for a while. */
async function untilQuiet(cluster: Cluster, index: string, world: Pick<World, 'sleep'>, signal: AbortSignal): Promise<void> {
  for (let before: number | undefined; ;) {
    const stats = await json<{ _all?: { primaries?: { indexing?: Counted } } }>(cluster, {
      method: 'GET',
      path: `/${indexPath(index)}/_stats/indexing`,
      query: { filter_path: '_all.primaries.indexing' },
      signal,
    })
    const { index_total = 0, delete_total = 0, index_current = 0, delete_current = 0 } = stats._all?.primaries?.indexing ?? {}
    const now = index_total + delete_total
    if (now === before && index_current + delete_current === 0) return
    before = now
    await world.sleep(quietMs, signal)
  }
}
