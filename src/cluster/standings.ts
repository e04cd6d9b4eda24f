/** Where many indices stand, asked with one request: what following them costs while nothing happens. */
import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { json } from './json.ts'
import { inRequests } from './together.ts'

/** What the primary of one shard has seen. */
export interface ShardStanding {
  readonly shard: number
  /** The highest sequence number that was given out; -1 for none. */
  readonly maxSeqNo: number
  readonly deletes: number
}

interface Copy {
  readonly routing: { readonly primary: boolean }
  readonly seq_no?: { readonly max_seq_no: number }
  readonly indexing?: { readonly delete_total?: number }
}

/**
 * By index, the shards whose primaries answer (`_stats?level=shards`, primaries only in the sum that is made here). An index
 * that is not there is not told of: whoever reads it next finds that out.
 */
export async function standings(
  cluster: Cluster,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ShardStanding[]>> {
  const found = new Map<string, readonly ShardStanding[]>()
  for (const names of inRequests(indices, name => name)) {
    const stats = await json<{ indices?: Record<string, { shards?: Record<string, readonly Copy[]> }> }>(cluster, {
      method: 'GET',
      path: `/${indexPath(names)}/_stats/indexing`,
      query: {
        level: 'shards',
        ignore_unavailable: true,
        filter_path: ['routing.primary', 'seq_no.max_seq_no', 'indexing.delete_total']
          .map(field => `indices.*.shards.*.${field}`)
          .join(','),
      },
      signal,
    })
    for (const [index, { shards = {} }] of Object.entries(stats.indices ?? {})) found.set(index, primariesOf(shards))
  }
  return found
}

function primariesOf(shards: Readonly<Record<string, readonly Copy[]>>): readonly ShardStanding[] {
  return Object.entries(shards).flatMap(([shard, copies]) => {
    const primary = copies.find(({ routing }) => routing.primary)
    if (!primary) return []
    const { seq_no, indexing } = primary
    return [{ shard: Number(shard), maxSeqNo: seq_no?.max_seq_no ?? -1, deletes: indexing?.delete_total ?? 0 }]
  })
}
