// The cluster itself: its kind, its health, its one node, and lists of what it holds.
import { indexNotFound } from './errors.ts'
import { ok } from './http.ts'
import type { Call, Reply } from './http.ts'
import type { JsonObject } from './json.ts'
import { RawJson } from './json.ts'
import { optionsOf, resolve, wildcard } from './names.ts'
import { storedBytes } from './stats.ts'
import type { Index, Store } from './store.ts'

const NODE = 'fake-0'
const CLUSTER = 'fake'

export function root({ store }: Call): Reply {
  const { flavor, version } = store.kind
  const elasticsearch = flavor === 'elasticsearch'
  return ok({
    name: NODE,
    cluster_name: CLUSTER,
    cluster_uuid: store.clusterUuid,
    version: {
      ...(elasticsearch ? {} : { distribution: 'opensearch' }),
      number: version,
      ...(elasticsearch ? { build_flavor: 'default' } : {}),
      build_type: 'tar',
      build_hash: '747e1cc71def077253878a59143c1f785afa92b9',
      build_date: '2021-01-13T00:42:12.435326Z',
      build_snapshot: false,
      lucene_version: '8.7.0',
      minimum_wire_compatibility_version: elasticsearch ? '6.8.0' : '7.10.0',
      minimum_index_compatibility_version: elasticsearch ? '6.0.0-beta1' : '7.0.0',
    },
    tagline: elasticsearch ? 'You Know, for Search' : 'The OpenSearch Project: https://opensearch.org/',
  })
}

/** Replicas never find a node, so an index with any is yellow. Waiting for more than there is times out at once. */
export function health(call: Call): Reply {
  const name = call.params['index']
  const indices = resolve(call.store, name, { hidden: true, ignoreUnavailable: true }).map(found => found.index)
  const active = indices.reduce((sum, index) => sum + index.shards.length, 0)
  const unassigned = indices.reduce((sum, index) => sum + index.shards.length * replicasOf(index), 0)
  const missing = name !== undefined && !name.includes('*') && indices.length === 0
  const status = missing ? 'red' : unassigned > 0 ? 'yellow' : 'green'
  const order = ['red', 'yellow', 'green']
  const timedOut = missing || order.indexOf(status) < order.indexOf(call.query.get('wait_for_status') ?? 'red')
  const percent = active === 0 ? 100 : (100 * active) / (active + unassigned)
  const body: JsonObject = {
    cluster_name: CLUSTER,
    status,
    timed_out: timedOut,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_primary_shards: active,
    active_shards: active,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: unassigned,
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: Number.isInteger(percent) ? new RawJson(`${percent}.0`) : percent,
  }
  return { status: timedOut ? 408 : 200, body }
}

function replicasOf(index: Index): number {
  return index.number('number_of_replicas', 1)
}

export function clusterSettings(call: Call): Reply {
  const defaults = { defaults: { http: { max_content_length: `${call.store.kind.maxContentBytes}b` } } }
  return ok({ persistent: {}, transient: {}, ...(call.query.get('include_defaults') === 'true' ? defaults : {}) })
}

/** Metadata of indices only; a name that is not there is left out, as servers do. */
export function clusterState(call: Call): Reply {
  const expression = call.params['index']
  const options = { ...optionsOf(call, false), ignoreUnavailable: true }
  const indices = resolve(call.store, expression, options).map(({ index }) => [
    index.name,
    {
      state: 'open',
      routing_num_shards: routingShards(index, call.store),
      aliases: [...index.aliases.keys()],
      primary_terms: Object.fromEntries(index.shards.map(({ number, primaryTerm }) => [String(number), primaryTerm])),
    },
  ])
  const head = { cluster_name: CLUSTER, cluster_uuid: call.store.clusterUuid }
  return ok({ ...head, metadata: { cluster_uuid: call.store.clusterUuid, indices: Object.fromEntries(indices) as JsonObject } })
}

/** As servers choose it: since Elasticsearch 7 room for splitting by two up to 1024. */
function routingShards(index: Index, { kind, major }: Store): number {
  const shards = index.shards.length
  if (kind.flavor === 'elasticsearch' && major < 7) return shards
  return index.number('number_of_routing_shards', shards * 2 ** Math.max(1, 10 - Math.ceil(Math.log2(shards))))
}

/** There are no pipelines: Elasticsearch says so with an empty object, OpenSearch with a 404. */
export function pipelines({ store }: Call): Reply {
  return { status: store.kind.flavor === 'opensearch' ? 404 : 200, body: {} }
}

export function nodes({ store }: Call): Reply {
  const address = store.address
  const node = {
    name: NODE,
    transport_address: address,
    host: '127.0.0.1',
    ip: '127.0.0.1',
    version: store.kind.version,
    build_type: 'tar',
    roles: ['data', 'ingest', 'master'],
    http: { bound_address: [address], publish_address: address, max_content_length_in_bytes: store.kind.maxContentBytes },
  }
  return ok({ _nodes: { total: 1, successful: 1, failed: 0 }, cluster_name: CLUSTER, nodes: { [store.nodeId]: node } })
}

export function catIndices(call: Call): Reply {
  const indices = resolve(call.store, call.params['index'], optionsOf(call, true)).map(found => found.index)
  const unit = call.query.has('bytes') ? '' : 'b'
  return ok(
    indices.map(index => {
      index.refreshIfAutomatic()
      const size = `${storedBytes(index.shards)}${unit}`
      return {
        health: replicasOf(index) > 0 ? 'yellow' : 'green',
        status: 'open',
        index: index.name,
        uuid: index.uuid,
        pri: String(index.shards.length),
        rep: String(replicasOf(index)),
        'docs.count': String(index.shards.reduce((sum, shard) => sum + shard.searchable.length, 0)),
        'docs.deleted': '0',
        'store.size': size,
        'pri.store.size': size,
      }
    }),
  )
}

/** Names only; a name that is not there is no error here. */
export function resolveIndex(call: Call): Reply {
  const expression = call.params['index'] ?? '*'
  const options = { ...optionsOf(call, false), ignoreUnavailable: true }
  const fits = expression.split(',').map(wildcard)
  const indices = resolve(call.store, expression, options).filter(({ index }) => fits.some(test => test(index.name)))
  return ok({
    indices: indices.map(({ index }) => ({
      name: index.name,
      ...(index.aliases.size === 0 ? {} : { aliases: [...index.aliases.keys()].sort() }),
      attributes: index.hidden ? ['hidden', 'open'] : ['open'],
    })),
    aliases: aliasesOf(call.store).filter(alias => fits.some(test => test(alias.name))),
    data_streams: [],
  })
}

function aliasesOf(store: Store): { name: string; indices: string[] }[] {
  const members = new Map<string, string[]>()
  for (const index of store.indices.values()) {
    for (const name of index.aliases.keys()) members.set(name, [...(members.get(name) ?? []), index.name])
  }
  return [...members]
    .map(([name, indices]) => ({ name, indices: indices.sort() }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}

export function dataStreams(call: Call): Reply {
  const name = call.params['name']
  if (name !== undefined && !name.includes('*') && name !== '_all') throw indexNotFound(name)
  return ok({ data_streams: [] })
}
