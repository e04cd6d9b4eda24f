/** A source that only knows how many documents it would have: it answers with names, checkpoints and counts, at once, from this process. */
import type { Answer, Cluster, ClusterRequest } from '../../src/cluster/cluster.ts'
import type { Side } from '../../src/model/connection.ts'
import type { Identity } from '../../src/model/version.ts'

export interface Size {
  readonly indices: number
  readonly shardsEach: number
  /** Of all indices together. */
  readonly docs: number
}

export function simulated(side: Side, size: Size): Cluster {
  let requestsSent = 0
  return {
    side,
    address: `http://${side}.example:9200`,
    identity: identity(side),
    get requestsSent() {
      return requestsSent
    },
    exchange: async request => {
      requestsSent++
      return answerOf(await reply(request, side, size))
    },
    close: async () => undefined,
  }
}

function identity(side: Side): Identity {
  const version = side === 'source' ? { major: 7, minor: 10, patch: 2 } : { major: 2, minor: 19, patch: 4 }
  return { flavor: side === 'source' ? 'elasticsearch' : 'opensearch', version, clusterName: side, clusterUuid: side }
}

/** A server takes its time too: whoever waits for it lets others go on. */
async function reply({ path, body }: ClusterRequest, side: Side, size: Size): Promise<object | undefined> {
  await new Promise(setImmediate)
  const [, first = '', second = '', third = ''] = path.split('?')[0]!.split('/').map(decodeURIComponent)
  if (first === '_resolve') return { indices: names(size).map(name => ({ name, attributes: [] })), aliases: [], data_streams: [] }
  if (first === '_cluster' && second === 'health') return { indices: {} }
  if (first === '_cluster' && second === 'state') return { metadata: { indices: each(path.split('/')[4]!, () => terms(size)) } }
  if (first === '_ingest') return {}
  if (second === '' && side === 'target') return undefined
  if (second === '') return each(first, name => definition(name, size))
  if (second === '_settings') return each(first, name => ({ settings: { 'index.uuid': `uuid-${name}` } }))
  if (second === '_stats') return { _shards: { failed: 0 }, indices: each(first, () => ({ shards: stats(size) })) }
  if (second === '_refresh') {
    const copies = first.split(',').length * size.shardsEach
    return { _shards: { total: copies, successful: copies, failed: 0 } }
  }
  if (second === '_count') return counted(JSON.stringify(body), size)
  if (second === '_search') return { hits: { hits: [], padding: 'x'.repeat(20 * 1_000) } }
  throw new Error(`The simulated ${side} knows nothing of ${path} ${third}`)
}

function answerOf(value: object | undefined): Answer {
  const body = Buffer.from(JSON.stringify(value ?? {}))
  return { status: value === undefined ? 404 : 200, headers: {}, body, release: () => undefined }
}

function names({ indices }: Size): string[] {
  return Array.from({ length: indices }, (_, n) => `logs-${String(n).padStart(6, '0')}`)
}

function each<T>(list: string, of: (name: string) => T): Record<string, T> {
  return Object.fromEntries(
    decodeURIComponent(list)
      .split(',')
      .map(name => [name, of(name)]),
  )
}

function definition(name: string, { shardsEach }: Size): object {
  const settings = { index: { uuid: `uuid-${name}`, number_of_shards: String(shardsEach), number_of_replicas: '1' } }
  return { settings, mappings: { properties: { '@timestamp': { type: 'date' } } }, aliases: {} }
}

function docsOfShard({ docs, indices, shardsEach }: Size): number {
  return Math.ceil(docs / (indices * shardsEach))
}

function ofShards<T>({ shardsEach }: Size, value: T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: shardsEach }, (_, shard) => [String(shard), value]))
}

function terms(size: Size): object {
  return { primary_terms: ofShards(size, 1), routing_num_shards: 1024 }
}

function stats(size: Size): object {
  const last = docsOfShard(size) - 1
  return ofShards(size, [
    {
      routing: { state: 'STARTED', primary: true, node: 'node' },
      seq_no: { max_seq_no: last, global_checkpoint: last },
      commit: { user_data: { history_uuid: 'aXRzIGhpc3RvcnkgdXVpZA' } },
      indexing: { index_total: last + 1, delete_total: 0 },
    },
  ])
}

/** A number is a live document; what has no number is not there. */
function counted(query: string, size: Size): object {
  const has = docsOfShard(size)
  const range = /"gte":(\d+),"lte":(\d+)/.exec(query)
  const shards = { total: range ? 1 : size.shardsEach, successful: range ? 1 : size.shardsEach, failed: 0 }
  const [from, to] = range ? [Number(range[1]), Number(range[2])] : [0, -1]
  const ranged = Math.max(0, Math.min(to, has - 1) - from + 1)
  const all = query.includes('must_not') ? 0 : has * size.shardsEach
  return { count: range ? ranged : all, _shards: shards }
}
