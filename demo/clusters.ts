import { existsSync } from 'node:fs'
import { down, list, up, type LabCluster } from '../lab/cluster.ts'
import { nodeLog } from '../lab/folders.ts'
import { distFolder } from '../lab/layout.ts'

const names = { source: 'demo-source', target: 'demo-target' } as const
export const dists = { source: 'elasticsearch-7.10.2', target: 'opensearch-2.19.4' } as const

export interface Clusters {
  readonly source: LabCluster
  readonly target: LabCluster
}

/** The servers that the first start still has to fetch. */
export function missingDists(): string[] {
  return Object.values(dists).filter(dist => !existsSync(distFolder(dist)))
}

/** Starts that were begun: they end before anything is stopped for good. */
let starting: readonly Promise<LabCluster>[] = []

export async function startClusters(signal: AbortSignal): Promise<Clusters> {
  await stopClusters()
  const source = up({ name: names.source, dist: dists.source, secure: true })
  const target = up({ name: names.target, dist: dists.target, secure: true })
  starting = [source, target]
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
  const [one, other] = await Promise.race([Promise.all([source, target]), aborted])
  return { source: one, target: other }
}

/** Stops both, also ones that an earlier demo left or that are still starting. Data and logs go, unless they are kept. */
export async function stopClusters(options: { keep?: boolean } = {}): Promise<void> {
  await stopRecorded(options)
  await Promise.allSettled(starting)
  starting = []
  if (!options.keep) await stopRecorded(options)
}

async function stopRecorded(options: { keep?: boolean }): Promise<void> {
  const wanted: readonly string[] = Object.values(names)
  const recorded = list().filter(({ name }) => wanted.includes(name))
  await Promise.all(recorded.map(({ name }) => down(name, options)))
}

/** Logs of both, where they are still there. */
export function logFiles(): string[] {
  return Object.values(names)
    .map(name => nodeLog(name, 0))
    .filter(existsSync)
}
