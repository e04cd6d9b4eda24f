import { readFileSync } from 'node:fs'
import { down, list, up } from '../../lab/cluster.ts'
import type { LabCluster } from '../../lab/cluster.ts'
import { parseVersion } from '../../src/model/version.ts'
import { startSource, startTarget } from '../support/pair.ts'
import { siteAt } from '../support/site.ts'
import type { Site } from '../support/site.ts'
import type { Server } from './feature.ts'

export interface MatrixServer extends AsyncDisposable {
  /** As in `pairs.ts`. */
  readonly name: string
  readonly dist: string
  readonly identity: Server
  readonly site: Site
  /** Resident memory of the server so far, at most. */
  peakMb(): number
}

const heap = '384m'

/** @param name stands in the cluster's name, such as `matrix` */
export async function startServer(name: string, server: string, side: 'source' | 'target'): Promise<MatrixServer> {
  const [dist = '', security] = server.split('+')
  const site =
    security === undefined
      ? await plain(`${name}-${side}`, dist)
      : await (side === 'source' ? startSource(name, { dist, heap }) : startTarget(name, { dist, heap }))
  const [flavor, version = ''] = dist.split(/-(?=\d)/) as [Server['flavor'], string?]
  const cluster = (): LabCluster | undefined => list().find(one => one.name === `${name}-${side}`)
  return {
    name: server,
    dist,
    identity: { flavor, version: parseVersion(version)! },
    site,
    peakMb: () => peakOf(cluster()?.nodes[0]?.pid),
    async [Symbol.asyncDispose]() {
      await site.close()
      if (cluster()) await down(`${name}-${side}`)
    },
  }
}

async function plain(name: string, dist: string): Promise<Site> {
  if (list().some(cluster => cluster.name === name)) await down(name)
  const { urls } = await up({ name, dist, heap })
  return siteAt(name, urls)
}

function peakOf(pid: number | undefined): number {
  const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024)
}
