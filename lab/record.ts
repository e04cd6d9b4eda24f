import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './errors.ts'
import { clusterFolder, runFolder } from './folders.ts'
import { isRunning } from './process.ts'

export interface LabNode {
  name: string
  port: number
  transportPort: number
  pid?: number
  pidStart?: string
}

/**
 * How the JVMs compile. `quick`: the first compiler only, so that a server starts with half of the CPU time, and serves slower
 * once it is warm. `full`: as in production, for whatever is measured.
 */
export type Jit = 'quick' | 'full'

export interface LabCluster {
  name: string
  dist: string
  secure: boolean
  nodes: LabNode[]
  urls: string[]
  admin?: { username: string; password: string }
  caPath?: string
  folder: string
  heap: string
  jit: Jit
  /** CA files that reindex from remote trusts. */
  trust: string[]
  settings: Record<string, unknown>
  /** Folders that fs snapshot repositories may use: the cluster's own, then the one all lab clusters share. */
  repos: string[]
  /** Stopped with its data kept: revive starts it again. */
  kept: boolean
}

function recordFile(name: string): string {
  return join(clusterFolder(name), 'cluster.json')
}

export function findCluster(name: string): LabCluster | undefined {
  if (!existsSync(recordFile(name))) return undefined
  return JSON.parse(readFileSync(recordFile(name), 'utf8')) as LabCluster
}

export function readCluster(name: string): LabCluster {
  const cluster = findCluster(name)
  if (cluster !== undefined) return cluster
  const names = readClusters().map(other => other.name)
  throw new LabError(
    `There is no lab cluster "${name}".`,
    names.length === 0 ? 'None is recorded: start one with "lab up".' : `There are: ${names.join(', ')}.`,
  )
}

/** All recorded clusters, running or not. */
export function readClusters(): LabCluster[] {
  if (!existsSync(runFolder())) return []
  return readdirSync(runFolder())
    .sort()
    .flatMap(name => findCluster(name) ?? [])
}

export function writeCluster(cluster: LabCluster): void {
  mkdirSync(cluster.folder, { recursive: true })
  const half = `${recordFile(cluster.name)}.${process.pid}.tmp`
  writeFileSync(half, JSON.stringify(cluster, null, 2))
  renameSync(half, recordFile(cluster.name))
}

/** Reads the record again before the change, so that changes of two callers both last. */
export function changeCluster(name: string, change: (cluster: LabCluster) => void): LabCluster {
  const cluster = readCluster(name)
  change(cluster)
  writeCluster(cluster)
  return cluster
}

export function nodeAt(cluster: LabCluster, node: number): LabNode {
  const found = cluster.nodes[node]
  if (found === undefined) {
    throw new LabError(`${cluster.name} has no node ${node}.`, `Its nodes are 0 to ${cluster.nodes.length - 1}.`)
  }
  return found
}

export function runningNodes(cluster: LabCluster): LabNode[] {
  return cluster.nodes.filter(isRunning)
}
