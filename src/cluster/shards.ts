import { ShardferryError } from '../model/errors.ts'
import type { ShardMark } from '../model/entries.ts'
import type { JsonObject } from '../model/plan.ts'
import { atLeast } from '../model/version.ts'
import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { indexSettings } from './index-settings.ts'
import { json } from './json.ts'
import { primaryTimes } from './primaries.ts'
import type { Primaries } from './primaries.ts'
import { together, togetherFor } from './together.ts'

interface ShardCopy {
  readonly routing: { readonly primary: boolean; readonly state: string; readonly node?: string }
  readonly seq_no?: { readonly global_checkpoint: number; readonly max_seq_no: number }
  readonly commit?: { readonly user_data?: { readonly history_uuid?: string } }
  readonly indexing?: { readonly index_total?: number; readonly delete_total?: number }
}

/** Where the shards of an index stand. */
export interface Standing {
  readonly marks: readonly ShardMark[]
  /** By shard: the nodes that hold a started copy; empty where the source does not name them. */
  readonly nodes: readonly (readonly string[])[]
  /** Copies that searches can reach. */
  readonly started: number
}

/** How often a look is repeated at once while primaries change under it. */
const looks = 3

/** As `standing`, the marks only. */
export async function primaryMarks(
  cluster: Cluster,
  index: string,
  shards: number,
  signal: AbortSignal,
): Promise<readonly ShardMark[]> {
  return (await standing(cluster, index, shards, primaryTimes, signal)).marks
}

/**
 * Where the primary of each shard stands (`_stats?level=shards`). Operations up to the global checkpoint are on every
 * in-sync copy and are never rolled back; those above it may be, and their numbers given away again. The answer is of one
 * primary's time: what tells the primaries apart (`times`) is asked before and after. On Elasticsearch 5, which has no
 * sequence numbers, checkpoints are -1 where `times` is `primaryCopies`.
 */
export async function standing(
  cluster: Cluster,
  index: string,
  shards: number,
  times: typeof primaryTimes,
  signal: AbortSignal,
): Promise<Standing> {
  for (let look = 0; look < looks; look++) {
    const before = await times(cluster, index, signal)
    const found = await shardStats(cluster, index, shards, signal)
    const after = await times(cluster, index, signal)
    if (found.every((_, shard) => before?.get(shard) === after?.get(shard))) return standingOf(found, after)
  }
  throw new ShardferryError('unavailable', `The primaries of ${index} keep changing on the ${cluster.side}.`, {
    recovery: 'retry',
    hint: 'Look at the health and the logs of its nodes.',
  })
}

interface FoundShard {
  readonly primary: ShardCopy
  readonly copies: readonly ShardCopy[]
}

function standingOf(found: readonly FoundShard[], times: Primaries): Standing {
  const marks = found.map(({ primary }, shard): ShardMark => {
    const { index_total = 0, delete_total = 0 } = primary.indexing ?? {}
    const time = times?.get(shard)
    return {
      shard,
      upTo: primary.seq_no?.global_checkpoint ?? -1,
      maxSeqNo: primary.seq_no?.max_seq_no ?? -1,
      historyUuid: primary.commit?.user_data?.history_uuid ?? '',
      deletes: delete_total,
      operations: index_total + delete_total,
      ...(time === undefined ? {} : { primary: time }),
    }
  })
  const nodes = found.map(({ copies }) => copies.flatMap(({ routing }) => routing.node ?? []))
  return { marks, nodes, started: found.reduce((sum, { copies }) => sum + copies.length, 0) }
}

type StatsOfShards = Readonly<Record<string, readonly ShardCopy[]>>

const statsOf = together<StatsOfShards>(async (cluster, indices, signal) => {
  const fields = ['routing', 'seq_no', 'commit.user_data.history_uuid', 'indexing.index_total', 'indexing.delete_total']
  const stats = await json<{
    _shards?: { failed?: number }
    indices?: Record<string, { shards?: StatsOfShards }>
  }>(cluster, {
    method: 'GET',
    path: `/${indexPath(indices)}/_stats/indexing`,
    query: {
      level: 'shards',
      filter_path: ['_shards.failed', ...fields.map(field => `indices.*.shards.*.${field}`)].join(','),
    },
    signal,
  })
  const byIndex = Object.entries(stats.indices ?? {}).map(([index, { shards = {} }]) => [index, shards] as const)
  // A node that left its cluster goes on answering from what it knows; it cannot ask the others, which then count as failed.
  if ((stats._shards?.failed ?? 0) === 0) return new Map(byIndex)
  if (indices.length > 1) return new Map()
  throw new ShardferryError('unavailable', `A copy of ${indices[0]} does not tell the ${cluster.side} where it stands.`, {
    recovery: 'retry',
    hint: `Look at the health of its nodes: GET _cat/shards/${indices[0]}`,
  })
})

async function shardStats(cluster: Cluster, index: string, shards: number, signal: AbortSignal): Promise<readonly FoundShard[]> {
  const byShard = (await statsOf(cluster, index, signal)) ?? {}
  const { flavor, version } = cluster.identity
  const numbered = flavor === 'opensearch' || atLeast(version, 6)
  return Array.from({ length: shards }, (_, shard) => {
    // A copy that is being moved goes on working until the move is over.
    const copies = (byShard[String(shard)] ?? []).filter(({ routing }) => /^(STARTED|RELOCATING)$/.test(routing.state))
    const primary = copies.find(({ routing }) => routing.primary)
    if (primary && (primary.seq_no || !numbered)) return { primary, copies }
    throw new ShardferryError('unavailable', `The primary of shard ${shard} of ${index} is not started on the ${cluster.side}.`, {
      recovery: 'retry',
      hint: `Wait until the index is yellow or green: GET _cluster/health/${index}?level=shards`,
    })
  })
}

/**
 * Makes everything indexed so far visible to searches. A refresh goes through the primary to every copy in its group, and
 * takes the primary's term along: a copy that still has operations of an earlier primary rolls them back first. Copies
 * that are missing, or are no longer or not yet open, count neither as refreshed nor as failed.
 * @param copies how many copies must have done it at least
 * @throws ShardferryError `response-partial` if a shard failed or a copy was missed
 */
export async function refresh(cluster: Cluster, index: string, signal: AbortSignal, copies = 0): Promise<void> {
  const lacking = copiesLacking.get(cluster)?.has(index) ? index : ''
  const { failed = 0, successful = 0 } = (await askRefresh(cluster, index, lacking, signal)) ?? {}
  if (failed === 0 && successful >= copies) return
  throw new ShardferryError(
    'response-partial',
    failed > 0
      ? `A shard of ${index} could not be refreshed on the ${cluster.side}.`
      : `${successful} of ${copies} copies of ${index} were refreshed on the ${cluster.side}.`,
    { recovery: 'retry' },
  )
}

/** Indices that had copies which were not there: asked about alone, as they would spoil the sum for others. */
const copiesLacking = new WeakMap<Cluster, Set<string>>()

interface Refreshed {
  readonly successful: number
  readonly failed: number
}

const askRefresh = togetherFor<string, Refreshed>(async (cluster, indices, _, signal) => {
  const answer = await json<{ _shards?: { total?: number; failed?: number; successful?: number } }>(cluster, {
    method: 'POST',
    path: `/${indexPath(indices)}/_refresh`,
    signal,
  })
  const { total = 0, failed = 0, successful = 0 } = answer._shards ?? {}
  const [only, ...others] = indices
  const lacks = successful < total
  if (only !== undefined && others.length === 0) {
    const known = copiesLacking.get(cluster) ?? new Set()
    copiesLacking.set(cluster, known)
    if (lacks) known.add(only)
    else known.delete(only)
    return new Map([[only, { successful, failed }]])
  }
  // A sum tells of each only where nothing is missing of any: `total` counts copies that are not there, too.
  if (lacks || total === 0) return new Map()
  return new Map(indices.map(index => [index, { successful: Infinity, failed: 0 }]))
})

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
export const indexUuid = together<string>(async (cluster, indices, signal) => {
  const settings = await indexSettings(cluster, indices, 'index.uuid', signal)
  const uuids = [...(settings ?? [])].map(([index, own]) => [index, own['index.uuid']] as const)
  return new Map(uuids.filter((one): one is [string, string] => one[1] !== undefined))
})

/** Whether an index takes no writes and no deletes, by a block of its own. */
export async function indexWriteBlocked(cluster: Cluster, index: string, signal: AbortSignal): Promise<boolean> {
  const settings = await indexSettings(cluster, index, 'index.blocks.*', signal)
  const blocks = settings?.get(index) ?? {}
  return blocks['index.blocks.write'] === 'true' || blocks['index.blocks.read_only'] === 'true'
}
