/** From a request to a migration that runs: who may be read from, what is there, what is planned. */
import { assembleReindex, type ReindexParts } from '../../assemble-reindex.ts'
import { connect, thisProcess } from '../../assemble.ts'
import type { Cluster, Connection } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { openConnection } from '../../cluster/connect.ts'
import { identify } from '../../cluster/identify.ts'
import { json } from '../../cluster/json.ts'
import { plainError, Said } from '../../cluster/words.ts'
import { retried } from '../../flow/backoff.ts'
import type { Memory } from '../../migration/memory.ts'
import { runReindex, type ReindexMigration } from '../../migration/run-reindex.ts'
import type { ConnectionSettings } from '../../model/connection.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask, Plan, PlannedCluster } from '../../model/plan.ts'
import type { World } from '../../model/ports.ts'
import { atLeast, formatVersion } from '../../model/version.ts'
import { sampleBytes } from '../../plan/sample.ts'
import { countMatches, meet } from './ask-source.ts'
import { authOf, remoteAuth } from './login.ts'
import type { JobLogin } from './login.ts'
import { addressOf } from './remotes.ts'
import type { Remotes, RemoteRule } from './remotes.ts'
import type { Reindex } from './request.ts'

/** What was begun is not given up because a cluster is away when the server starts anew. */
const giveUpAfterMs = 5 * 60_000

export interface CarryOutParts {
  readonly target: ConnectionSettings
  readonly remotes: Remotes
  readonly copy: ReindexParts['copy']
  readonly world: World
}

export interface Job {
  readonly name: string
  readonly reindex: Reindex
  readonly login: JobLogin
  readonly memory: Memory
  /** 0: no limit. */
  readonly docsPerSecond: number
}

/**
 * Runs a request to its end. @param running told of the migration once there is one
 * @throws ShardferryError, or Said with what the client is to be told
 */
export async function carryOut(
  parts: CarryOutParts,
  job: Job,
  running: (migration: ReindexMigration) => void,
  signal: AbortSignal,
): Promise<void> {
  const { reindex, login, memory } = job
  await using open = new AsyncDisposableStack()
  const resumed = memory.state.plan !== undefined
  const patiently = <T>(act: () => Promise<T>): Promise<T> =>
    resumed ? retried(parts.world, { giveUpAfterMs }, act, () => undefined, signal) : act()
  const auth = authOf(login.target) ?? { kind: 'none' }
  const target = await patiently(() => connect({ ...parts.target, auth }, signal))
  open.defer(() => target.close())
  const rule = parts.remotes.ruleFor(reindex.remote)
  if (!rule) throw notAllowed(reindex, target)
  const connection = connectionTo(reindex, login, rule)
  open.defer(() => connection.close())
  const source = resumed ? await patiently(() => identify(connection, signal)) : await meet(connection, reindex, signal)
  if (!resumed) memory.append({ type: 'planned', plan: await planFor(job, source, target, parts.copy, signal) })
  requireSameSource(memory.state.plan!, source)
  memory.append({ type: 'started', holder: thisProcess() })
  const migration = assembleReindex({ ...parts, memory, source, target, docsPerSecond: job.docsPerSecond })
  running(migration)
  await runReindex(migration, signal)
  if (!reindex.refresh) return
  await json(target, { method: 'POST', path: `/${indexPath(reindex.dest)}/_refresh`, signal })
}

function connectionTo(reindex: Reindex, { remote }: JobLogin, { auth, tls }: RemoteRule): Connection {
  const connection = openConnection({
    side: 'source',
    addresses: [addressOf(reindex.remote)],
    auth: remoteAuth(remote, auth === undefined ? { pattern: '' } : { pattern: '', auth }),
    tls: tls ?? { verify: true },
    requestTimeoutMs: reindex.socketTimeoutMs,
  })
  const { headers = {} } = remote
  const exchange: Connection['exchange'] = request =>
    connection.exchange({ ...request, headers: { ...headers, ...request.headers } })
  return Object.create(connection, { exchange: { value: exchange } }) as Connection
}

function notAllowed({ remote }: Reindex, { identity }: Cluster): Said {
  const allowList = identity.flavor === 'opensearch' && atLeast(identity.version, 2) ? 'allowlist' : 'whitelist'
  const reason = `[${remote.host}:${remote.port}] not ${allowList}ed in reindex.remote.${allowList}`
  return new Said({ status: 400, error: plainError('illegal_argument_exception', reason) })
}

async function planFor(
  { name, reindex }: Job,
  source: Cluster,
  target: Cluster,
  copy: CarryOutParts['copy'],
  signal: AbortSignal,
): Promise<Plan> {
  const total = await countMatches(source, reindex, signal)
  const docs = Math.min(total, reindex.maxDocs ?? total)
  const expression = reindex.indices.join(',')
  const asked = reindex.query === undefined ? {} : { query: reindex.query }
  const bytes = docs === 0 ? 0 : Math.round(docs * (await sampleBytes(source, expression, docs, asked, signal)))
  return {
    shardferryPlan: 1,
    name,
    createdAt: new Date().toISOString(),
    source: planned(source),
    target: planned(target),
    patterns: reindex.indices,
    indices: [taskFor(reindex, expression, { docs, bytes }, copy)],
    skipped: [],
  }
}

function planned({ address, identity }: Cluster): PlannedCluster {
  const { clusterName, clusterUuid, flavor, version } = identity
  return { address, clusterName, clusterUuid, flavor, version: formatVersion(version) }
}

function taskFor(reindex: Reindex, source: string, estimate: IndexTask['estimate'], copy: CarryOutParts['copy']): IndexTask {
  const { size, maxDocs, fields, sort, query, write, dest } = reindex
  return {
    source,
    target: dest,
    uuid: '',
    action: 'into-existing',
    shards: 1,
    estimate,
    read: {
      by: 'slices',
      slices: slicesFor(reindex, estimate.docs, copy.partitionDocs),
      reason: 'a _reindex request names what it reads as a search does, and reads it once',
      ...(size === undefined ? {} : { pageDocs: size }),
      ...(maxDocs === undefined ? {} : { maxDocs }),
      ...(fields === undefined ? {} : { fields }),
      ...(sort === undefined ? {} : { sort }),
    },
    deletes: { by: 'off', reason: 'a _reindex carries no deletes over' },
    versionFrom: 'version',
    ...(query === undefined ? {} : { query }),
    settings: {},
    mappings: {},
    aliases: {},
    changes: [],
    tuning: {},
    write,
  }
}

/** As many as are asked for; one where documents are to come in an order, or only so many of them. */
function slicesFor({ sort, maxDocs, slices = 'auto' }: Reindex, docs: number, partitionDocs: number): number {
  if (sort !== undefined || maxDocs !== undefined) return 1
  return slices === 'auto' ? Math.max(1, Math.min(64, Math.ceil(docs / partitionDocs))) : Math.min(slices, 1024)
}

function requireSameSource({ source }: Plan, { identity, address }: Cluster): void {
  if (source.clusterUuid === identity.clusterUuid) return
  throw new ShardferryError('state-other', `Another cluster answers at ${address} than when the _reindex began.`, {
    hint: 'Ask for it again.',
  })
}
