import { openConnection } from '../cluster/connect.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { remoteHostOf } from '../cluster/remote-source.ts'
import { asShardferryError } from '../model/errors.ts'
import type { ShardferryError } from '../model/errors.ts'
import { movedTasks } from '../model/plan.ts'
import { allows, readAllowLists } from './allow-lists.ts'
import type { AllowList } from './allow-lists.ts'
import { attempted, engineOf } from './check.ts'
import type { Check, CheckContext, Found } from './check.ts'
import { nameChunks, shortList } from './name-lists.ts'
import { probeIndexOf, probeIndexStep } from './probe-index.ts'
import { probeRemote } from './remote-probe.ts'
import type { Probed, RemoteSource } from './remote-probe.ts'
import { allowListRemedy, obstacleFound } from './remote-remedy.ts'
import { whyUnconnected } from './unconnected.ts'

/** Whether the target's nodes can read from the source by their own `_reindex`: asked of the target itself. Only for that engine. */
export const remoteReindex: Check = {
  id: 'remote-reindex',
  title: "reading from the source by the target's own _reindex",
  code: 'reindex-not-allowed',
  run: async (context, signal) => {
    if (engineOf(context) !== 'reindex') return []
    const reason = whyUnconnected(context.target)
    if (reason) return await attempted('remote-reindex', 'target', () => Promise.reject(reason))
    return await attempted('remote-reindex', 'target', () => look(context, signal), mayNotReindex)
  },
}

const mayNotReindex =
  "Give the target's user the cluster privilege monitor and the index privileges create_index and write (Elasticsearch), or cluster_composite_ops and cluster_monitor (OpenSearch)"

async function look(context: CheckContext, signal: AbortSignal): Promise<Found[]> {
  const { target, connections, plan } = context
  const host = remoteHostOf(connections.source, context.remoteHost)
  const lists = await readAllowLists(target, signal).catch(() => undefined)
  const byReindex = plan ? movedTasks(plan).filter(task => task.engine === 'reindex') : []
  // One request line holds no more names.
  const indices = nameChunks(byReindex.map(task => task.source))[0] ?? []
  const remote = { ...host, auth: connections.source.auth, indices }
  const found: Found[] = []
  for (const address of connections.target.addresses) found.push(...(await probeAt(context, address, remote, lists, signal)))
  return [...found, ...elsewhere(target, host.hostPort, found, lists), ...clientCertificate(context)]
}

/** Through one address of the target, behind which is one node, or a balancer that chooses one. */
async function probeAt(
  context: CheckContext,
  address: string,
  remote: RemoteSource,
  lists: readonly AllowList[] | undefined,
  signal: AbortSignal,
): Promise<Found[]> {
  // Of its own: a 401 is the source's, passed on, and must not count as the target's.
  const node = openConnection({ ...context.connections.target, addresses: [address] })
  const index = probeIndexOf(context.target, remote.host)
  const step = probeIndexStep(node, context.target.identity.clusterUuid, index)
  try {
    let left: ShardferryError | undefined
    let probed: Probed
    await context.steps?.apply(step, signal)
    try {
      probed = await probeRemote(node, remote, index, signal)
    } finally {
      left = await removal(context.steps?.undo(step, signal) ?? step.undo('', signal))
    }
    const found = obstacleFound(context, address, remote, probed, lists)
    if (left === undefined) return [found]
    const message = `The index ${index} that the probe left could not be removed: ${left.message}`
    return [found, { about: 'target', severity: 'warning', message, remedy: left.hint ?? `On the target:\nDELETE /${index}` }]
  } finally {
    await node.close()
  }
}

/** Why it failed. @throws ShardferryError `stopped` */
async function removal(removed: Promise<unknown>): Promise<ShardferryError | undefined> {
  try {
    await removed
    return undefined
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code === 'stopped') throw error
    return error
  }
}

/** Nodes that were not asked but, by their settings, would refuse: `_reindex` runs on the node that gets the request. */
function elsewhere(target: Cluster, hostPort: string, found: readonly Found[], lists: readonly AllowList[] | undefined): Found[] {
  if (lists === undefined) {
    const message = 'The allow-lists of the other nodes could not be read.'
    const remedy = "Give the target's user the cluster privilege monitor (Elasticsearch) or cluster_monitor (OpenSearch)"
    return [{ about: 'target', severity: 'unknown', message, remedy }]
  }
  const lacking = lists.filter(list => !allows(list, hostPort))
  // Where the one that was asked refuses, its finding names them all.
  if (lacking.length === 0 || found.some(({ severity }) => severity === 'error')) return []
  return [
    {
      about: 'target',
      severity: 'warning',
      message: `${shortList(lacking.map(({ node }) => node))} would refuse to read from ${hostPort}: it is not in their allow-list. A request that such a node gets fails.`,
      remedy: allowListRemedy(target.identity.flavor, hostPort, lacking),
    },
  ]
}

function clientCertificate({ connections, target }: CheckContext): Found[] {
  if (connections.source.tls.cert === undefined) return []
  const file = `${target.identity.flavor}.yml`
  return [
    {
      about: 'target',
      severity: 'warning',
      message: "The source is given a client certificate by this machine; the target's nodes need one of their own.",
      remedy: `In ${file} of every target node, then restart it:\n  reindex.ssl.certificate: certs/client.pem\n  reindex.ssl.key: certs/client.key`,
    },
  ]
}
