import { setTimeout as sleep } from 'node:timers/promises'
import { down, list, up, type LabCluster } from '../lab/cluster.ts'
import { isRunning } from '../lab/process.ts'
import { openNode, type Node } from './node.ts'
import { cpuSeconds } from './process-usage.ts'

export interface Side {
  readonly node: Node
  /** The server's JVM. */
  readonly pid: number
  readonly dist: string
}

export interface Clusters extends AsyncDisposable {
  readonly source: Side
  readonly target: Side
}

const dists = { 'bench-source': 'elasticsearch-7.10.2', 'bench-target': 'opensearch-2.19.4' } as const
export const heap = '1g'

/** Both clusters, one node each; with `keep` they stay, and those that an earlier run kept are taken again. */
export async function openClusters(keep: boolean): Promise<Clusters> {
  const source = await sideOf('bench-source', keep)
  const target = await sideOf('bench-target', keep)
  return {
    source,
    target,
    async [Symbol.asyncDispose]() {
      await Promise.all([source.node.close(), target.node.close()])
      if (!keep) await Promise.all(Object.keys(dists).map(name => down(name)))
    },
  }
}

/** Without `keep`, one that runs already belongs to another bench under way, and the lab refuses to start a second. */
async function sideOf(name: keyof typeof dists, keep: boolean): Promise<Side> {
  const known = keep ? list().find(cluster => cluster.name === name) : undefined
  const cluster = known?.nodes.every(isRunning) ? known : await up({ name, dist: dists[name], heap, jit: 'full' })
  return { node: openNode(cluster.urls[0]!), pid: pidOf(cluster), dist: cluster.dist }
}

function pidOf(cluster: LabCluster): number {
  const pid = cluster.nodes[0]?.pid
  if (pid === undefined) throw new Error(`The lab knows no process of ${cluster.name}.`)
  return pid
}

const quietCpuShare = 0.05
const longestWaitMs = 90_000

/** Waits until neither server has anything left to do: no merge runs, and both use next to no CPU for two seconds. */
export async function untilQuiet({ source, target }: Clusters, signal: AbortSignal): Promise<void> {
  const used = (): number => cpuSeconds(source.pid) + cpuSeconds(target.pid)
  const giveUpAtMs = Date.now() + longestWaitMs
  let quietSeconds = 0
  for (let before = used(); quietSeconds < 2;) {
    await sleep(1_000, undefined, { signal })
    const now = used()
    const busy = now - before > 2 * quietCpuShare || (await merging(target.node)) > 0
    quietSeconds = busy ? 0 : quietSeconds + 1
    before = now
    if (Date.now() > giveUpAtMs) throw new Error('The clusters do not come to rest.')
  }
}

async function merging(node: Node): Promise<number> {
  const stats = await node.ask<{ _all: { primaries: { merges: { current: number } } } }>('GET', '/_stats/merge')
  return stats._all.primaries.merges?.current ?? 0
}
