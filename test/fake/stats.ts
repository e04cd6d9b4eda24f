// `_stats`: the numbers of every shard copy. The fake assigns primaries only.
import { ok, shardsBlock } from './http.ts'
import type { Call, Reply } from './http.ts'
import type { JsonObject } from './json.ts'
import { optionsOf, resolve } from './names.ts'
import type { Shard } from './shard.ts'
import type { Index, Store } from './store.ts'

export function stats(call: Call): Reply {
  const indices = resolve(call.store, call.params['index'], optionsOf(call, true)).map(found => found.index)
  const failed = call.faults.find('failedShards') ? 1 : 0
  const all = indices.flatMap(index => index.shards)
  const perShard = call.query.get('level') === 'shards'
  const shown: JsonObject = {}
  for (const index of indices) {
    index.refreshIfAutomatic()
    const sums = { ...sumOf(index.shards), search: { open_contexts: contextsOf(call.store, index) } }
    const shards = index.shards.map(shard => [String(shard.number), [copyOf(shard, call.store)]] as [string, JsonObject[]])
    const levels: JsonObject = perShard ? { shards: Object.fromEntries(shards.slice(index === indices[0] ? failed : 0)) } : {}
    shown[index.name] = { uuid: index.uuid, primaries: sums, total: sums, ...levels }
  }
  const sums = sumOf(all)
  return ok({
    _shards: shardsBlock(all.length, Math.min(failed, all.length)),
    _all: { primaries: sums, total: sums },
    indices: shown,
  })
}

/** `_recovery`: since when each copy is where it is. */
export function recovery(call: Call): Reply {
  const indices = resolve(call.store, call.params['index'], optionsOf(call, true)).map(found => found.index)
  const copies = (shards: readonly Shard[]): JsonObject[] =>
    shards.map(({ number, openedAtMs, primaryTerm }) => ({
      id: number,
      type: primaryTerm === 1 ? 'EMPTY_STORE' : 'EXISTING_STORE',
      stage: 'DONE',
      primary: true,
      start_time_in_millis: openedAtMs,
      target: { id: call.store.nodeId },
    }))
  return ok(Object.fromEntries(indices.map(index => [index.name, { shards: copies(index.shards) }])))
}

export function storedBytes(shards: readonly Shard[]): number {
  return shards.reduce((sum, shard) => [...shard.live.values()].reduce((bytes, doc) => bytes + doc.source.length, sum + 208), 0)
}

function sumOf(shards: readonly Shard[]): JsonObject {
  const sum = (read: (shard: Shard) => number): number => shards.reduce((total, shard) => total + read(shard), 0)
  return {
    docs: { count: sum(shard => shard.searchable.length), deleted: 0 },
    store: { size_in_bytes: storedBytes(shards), reserved_in_bytes: 0 },
    indexing: { index_total: sum(shard => shard.indexTotal), index_failed: 0, delete_total: sum(shard => shard.deleteTotal) },
  }
}

function contextsOf(store: Store, index: Index): number {
  return [...store.contexts.values()].reduce((sum, { views }) => sum + views.filter(view => view.index === index).length, 0)
}

function copyOf(shard: Shard, store: Store): JsonObject {
  const numbers = { max_seq_no: shard.maxSeqNo, local_checkpoint: shard.checkpoint, global_checkpoint: shard.checkpoint }
  return {
    routing: { state: 'STARTED', primary: true, node: store.nodeId, relocating_node: null },
    ...sumOf([shard]),
    commit: {
      id: shard.historyUuid,
      generation: 2,
      user_data: {
        history_uuid: shard.historyUuid,
        local_checkpoint: String(shard.checkpoint),
        max_seq_no: String(shard.maxSeqNo),
      },
      num_docs: shard.searchable.length,
    },
    seq_no: store.kind.sequenceNumbers ? numbers : undefined,
    retention_leases: store.kind.sequenceNumbers ? { primary_term: shard.primaryTerm, version: 1, leases: [] } : undefined,
  }
}
