import { ShardferryError } from '../model/errors.ts'
import type { ShardMark } from '../model/entries.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { json, jsonIfFound } from './json.ts'

interface ShardCopy {
  readonly routing: { readonly primary: boolean; readonly state: string }
  readonly seq_no?: { readonly global_checkpoint: number; readonly max_seq_no: number }
  readonly commit?: { readonly user_data?: { readonly history_uuid?: string } }
  readonly indexing?: { readonly delete_total?: number }
}

/**
 * Where the primary of each shard stands (`_stats?level=shards`). Operations up to the global checkpoint are on every
 * in-sync copy and are never rolled back; those above it may be, and their numbers given away again.
 */
export async function primaryMarks(
  cluster: Cluster,
  index: string,
  shards: number,
  signal: AbortSignal,
): Promise<readonly ShardMark[]> {
  const copies = 'indices.*.shards.*'
  const stats = await json<{ indices?: Record<string, { shards?: Record<string, ShardCopy[]> }> }>(cluster, {
    method: 'GET',
    path: `/${indexPath(index)}/_stats/indexing`,
    query: {
      level: 'shards',
      filter_path: ['routing', 'seq_no', 'commit.user_data.history_uuid', 'indexing.delete_total']
        .map(field => `${copies}.${field}`)
        .join(','),
    },
    signal,
  })
  const byShard = stats.indices?.[index]?.shards ?? {}
  const marks: ShardMark[] = []
  for (let shard = 0; shard < shards; shard++) {
    const primary = byShard[String(shard)]?.find(copy => copy.routing.primary && copy.routing.state === 'STARTED')
    if (!primary?.seq_no) {
      throw new ShardferryError(
        'unavailable',
        `The primary of shard ${shard} of ${index} is not started on the ${cluster.side}.`,
        {
          recovery: 'retry',
          hint: `Wait until the index is yellow or green: GET _cluster/health/${index}?level=shards`,
        },
      )
    }
    marks.push({
      shard,
      upTo: primary.seq_no.global_checkpoint,
      maxSeqNo: primary.seq_no.max_seq_no,
      historyUuid: primary.commit?.user_data?.history_uuid ?? '',
      deletes: primary.indexing?.delete_total ?? 0,
    })
  }
  return marks
}

/** Makes everything indexed so far visible to searches. @throws ShardferryError `response-partial` if a shard failed */
export async function refresh(cluster: Cluster, index: string, signal: AbortSignal): Promise<void> {
  const answer = await json<{ _shards?: { failed?: number } }>(cluster, {
    method: 'POST',
    path: `/${indexPath(index)}/_refresh`,
    signal,
  })
  if ((answer._shards?.failed ?? 0) > 0) {
    throw new ShardferryError('response-partial', `A shard of ${index} could not be refreshed on the ${cluster.side}.`, {
      recovery: 'retry',
    })
  }
}

/**
 * Live documents that match, on one shard or on the whole index; nested ones are not counted. `shards`: how many must have
 * counted, where that is known.
 */
export async function count(
  cluster: Cluster,
  index: string,
  query: JsonObject,
  where: { shards?: number; preference?: string | undefined },
  signal: AbortSignal,
): Promise<number> {
  const answer = await json<{ count: number; _shards: { total: number; successful: number; failed: number } }>(cluster, {
    method: 'POST',
    path: `/${indexPath(index)}/_count`,
    query: { preference: where.preference },
    body: { query },
    signal,
  })
  const { total, successful, failed } = answer._shards
  if (failed > 0 || successful !== total || total !== (where.shards ?? total)) {
    throw new ShardferryError(
      'response-partial',
      `${total - successful} of ${total} shards did not count ${index} on the ${cluster.side}.`,
      { recovery: 'retry' },
    )
  }
  return answer.count
}

/** The uuid an index has now; undefined where there is none of that name. @throws ShardferryError where the cluster does not tell */
export async function indexUuid(cluster: Cluster, index: string, signal: AbortSignal): Promise<string | undefined> {
  const settings = await jsonIfFound<Record<string, { settings?: Record<string, string> }>>(cluster, {
    method: 'GET',
    path: `/${indexPath(index)}/_settings/index.uuid`,
    query: { flat_settings: true },
    signal,
  })
  return settings?.[index]?.settings?.['index.uuid']
}
