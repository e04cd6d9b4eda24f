import type { NodeReading, Reading, Searches, ThreadPool } from '../flow/pressure-reading.ts'
import type { Side } from '../model/connection.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Connection } from './cluster.ts'
import { clusterSettings } from './cluster-settings.ts'
import { json } from './json.ts'
import { freeKeptBytes } from './watermark.ts'

/** The name under which a cluster counts the searches that read documents: they carry it as `stats`. */
export const ownSearches = 'shardferry'

export interface PressureProbe {
  readonly side: Side
  /** False once the cluster has said that the user may not look, or that it does not tell. */
  readonly mayLook: boolean
  /**
   * How its nodes fare; undefined where it may not be looked.
   * @throws ShardferryError as `json`, for any other trouble
   */
  read(atMs: number, signal: AbortSignal): Promise<Reading | undefined>
}

/**
 * Asks with one request (privilege `monitor`), and for what does not change once, or again when there is a new node. The
 * counts of searches cost a node an addition for each shard; sizes, which cost more, are not asked for.
 */
export function pressureProbe(cluster: Connection): PressureProbe {
  let fixed: Fixed | undefined
  let mayLook = true
  const read = async (atMs: number, signal: AbortSignal): Promise<Reading> => {
    const nodes = Object.entries(await nodeStats(cluster, signal))
    if (!fixed || nodes.some(([id]) => fixed?.nodes[id] === undefined)) fixed = await readFixed(cluster, signal)
    const { nodes: facts, keptFree } = fixed
    const readings = nodes.map(([id, node]) => [id, readingOf(node, facts[id], keptFree)] as const)
    return { atMs, requestsSent: cluster.requestsSent, nodes: new Map(readings) }
  }
  return {
    side: cluster.side,
    get mayLook() {
      return mayLook
    },
    read: async (atMs, signal) => {
      try {
        return mayLook ? await read(atMs, signal) : undefined
      } catch (thrown) {
        if (!(thrown instanceof ShardferryError) || !refusesToTell(thrown)) throw thrown
        mayLook = false
        return undefined
      }
    },
  }
}

/** A user without the privilege, or a service that keeps its nodes to itself. */
function refusesToTell({ code, status = 0, recovery }: ShardferryError): boolean {
  return recovery !== 'retry' && (code === 'forbidden' || (status >= 400 && status < 500 && status !== 429))
}

/** All of it may be missing: versions differ, and a filter leaves out what is empty. */
interface NodeStats {
  readonly name?: string
  readonly thread_pool?: Readonly<Record<string, { threads?: number; queue?: number; rejected?: number }>>
  readonly breakers?: Readonly<Record<string, { tripped?: number }>>
  readonly jvm?: { readonly mem?: { readonly heap_used_percent?: number } }
  readonly os?: { readonly cpu?: { readonly percent?: number; readonly load_average?: { readonly '1m'?: number } } }
  readonly fs?: { readonly total?: { readonly total_in_bytes?: number; readonly available_in_bytes?: number } }
  readonly indices?: { readonly search?: SearchStats & { readonly groups?: Readonly<Record<string, SearchStats>> } }
}
interface SearchStats {
  readonly query_total?: number
  readonly query_time_in_millis?: number
}

interface NodeFacts {
  readonly os?: { readonly allocated_processors?: number; readonly available_processors?: number }
  readonly thread_pool?: Readonly<Record<string, { queue_size?: number | string }>>
}

interface Fixed {
  readonly nodes: Readonly<Record<string, NodeFacts>>
  /** Bytes that the flood stage keeps free on a disk of a size; undefined where it is off. */
  readonly keptFree: ((totalBytes: number) => number) | undefined
}

/** `write` is called `bulk` before Elasticsearch 6.3. */
const pools = ['search', 'write', 'bulk']
const searchStats = [`indices.search`, `indices.search.groups.${ownSearches}`]
const told = [
  'name',
  ...pools.flatMap(pool => ['threads', 'queue', 'rejected'].map(what => `thread_pool.${pool}.${what}`)),
  'breakers.*.tripped',
  'jvm.mem.heap_used_percent',
  'os.cpu.percent',
  'os.cpu.load_average.1m',
  'fs.total.total_in_bytes',
  'fs.total.available_in_bytes',
  ...searchStats.flatMap(stats => [`${stats}.query_total`, `${stats}.query_time_in_millis`]),
]
const fixedFacts = [
  'name',
  'os.allocated_processors',
  'os.available_processors',
  ...pools.map(pool => `thread_pool.${pool}.queue_size`),
]

async function nodeStats(cluster: Connection, signal: AbortSignal): Promise<Readonly<Record<string, NodeStats>>> {
  return await ofNodes(
    cluster,
    '/_nodes/stats/thread_pool,breaker,jvm,os,fs,indices/search',
    { groups: ownSearches },
    told,
    signal,
  )
}

async function readFixed(cluster: Connection, signal: AbortSignal): Promise<Fixed> {
  const nodes = await ofNodes<NodeFacts>(cluster, '/_nodes/os,thread_pool', {}, fixedFacts, signal)
  const { value } = await clusterSettings(cluster, signal)
  const disk = (name: string): string | undefined => value(`cluster.routing.allocation.disk.${name}`)
  const floodStage = disk('watermark.flood_stage') ?? '95%'
  const headroom = disk('watermark.flood_stage.max_headroom')
  const off = disk('threshold_enabled') === 'false'
  return { nodes, keptFree: off ? undefined : total => freeKeptBytes(floodStage, headroom, total) }
}

async function ofNodes<T>(
  cluster: Connection,
  path: string,
  query: Readonly<Record<string, string>>,
  fields: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, T>>> {
  const filter = fields.map(field => `nodes.*.${field}`).join(',')
  const request = { method: 'GET', path, query: { ...query, filter_path: filter }, timeoutMs: 10_000, signal } as const
  const { nodes = {} } = await json<{ nodes?: Readonly<Record<string, T>> }>(cluster, request)
  return nodes
}

function readingOf(node: NodeStats, facts: NodeFacts | undefined, keptFree: Fixed['keptFree']): NodeReading {
  const { total_in_bytes: total, available_in_bytes: available } = node.fs?.total ?? {}
  const { percent: cpu = -1, load_average: loads } = node.os?.cpu ?? {}
  const load = loads?.['1m']
  const processors = facts?.os?.allocated_processors ?? facts?.os?.available_processors ?? 0
  const knowsDisk = keptFree !== undefined && total !== undefined && available !== undefined
  return {
    name: node.name ?? '',
    search: poolOf('search', node, facts),
    write: poolOf(node.thread_pool?.['write'] ? 'write' : 'bulk', node, facts),
    tripped: Object.values(node.breakers ?? {}).reduce((sum, { tripped = 0 }) => sum + tripped, 0),
    heapPercent: node.jvm?.mem?.heap_used_percent ?? 0,
    // -1 where the system does not tell.
    cpuPercent: cpu >= 0 ? cpu : undefined,
    loadPerProcessor: load !== undefined && load >= 0 && processors > 0 ? load / processors : undefined,
    searches: searchesOf(node.indices?.search),
    ownSearches: searchesOf(node.indices?.search?.groups?.[ownSearches]),
    diskLeftBytes: knowsDisk ? Math.max(0, available - keptFree(total)) : undefined,
  }
}

function poolOf(name: string, node: NodeStats, facts: NodeFacts | undefined): ThreadPool {
  const { threads = 0, queue = 0, rejected = 0 } = node.thread_pool?.[name] ?? {}
  // Before Elasticsearch 7 a text such as `1k`, and -1 for a queue without an end.
  const queueSize = Number(facts?.thread_pool?.[name]?.queue_size)
  return { threads, queue, rejected, queueSize: queueSize > 0 ? queueSize : undefined }
}

function searchesOf({ query_total: count = 0, query_time_in_millis: ms = 0 }: SearchStats = {}): Searches {
  return { count, ms }
}
