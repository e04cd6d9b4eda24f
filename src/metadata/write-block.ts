import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json, jsonIfFound } from '../cluster/json.ts'
import { refusal } from '../cluster/refusal.ts'
import type { UndoneKind } from '../cluster/step-kind.ts'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Step } from '../model/ports.ts'
import { atLeast } from '../model/version.ts'

/** The block's setting as it was; null where it was not set. */
type Saved = string | null

const setting = 'index.blocks.write'

function prefixOf(side: Side): string {
  return `write-block/${side}/`
}

/**
 * Takes writes away from an index. Where the server has the API for it (`PUT INDEX/_block/write`: Elasticsearch from 7.9, OpenSearch), writes
 * that were under way are over when it answers; elsewhere, and for the index that a data stream writes to, only the setting is changed, and whoever reads on waits until
 * the numbers that were given out are safe.
 */
export function writeBlockStep(cluster: Cluster, index: string): Step<Saved> {
  return {
    id: `${prefixOf(cluster.side)}${index}`,
    describe: () => `block writes to index ${index} on the ${cluster.side}`,

    async capture(signal) {
      const found = await json<Record<string, { settings?: Record<string, string> }>>(cluster, {
        method: 'GET',
        path: `/${indexPath(index)}/_settings/${setting}`,
        query: { flat_settings: true },
        signal,
      })
      return found[index]?.settings?.[setting] ?? null
    },

    async apply(signal) {
      const { flavor, version } = cluster.identity
      if (flavor === 'elasticsearch' && !atLeast(version, 7, 9)) return await put(cluster, index, 'true', signal)
      const answer = await addBlock(cluster, index, signal)
      if (answer === 'of a data stream') return await put(cluster, index, 'true', signal)
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
  const request = { method: 'PUT', path: `/${indexPath(index)}/_settings`, body: { [setting]: value }, signal } as const
  const answer = await cluster.exchange(request)
  if (answer.status >= 400) throw refusal(cluster, request, answer)
}
