import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { recipeOf, secureRecipeOf } from './dists.ts'
import { LabError } from './errors.ts'
import { clusterFolder, repoFolders, runFolder } from './folders.ts'
import { waitUntilUp } from './health.ts'
import { findJdk, labNodeClasses } from './java.ts'
import { prepare } from './layout.ts'
import { withLock } from './lock.ts'
import { launch, type Programs } from './node.ts'
import { freePorts, portsFrom } from './ports.ts'
import { end } from './process.ts'
import { changeCluster, findCluster, nodeAt, readCluster, readClusters, runningNodes, writeCluster } from './record.ts'
import type { Jit, LabCluster } from './record.ts'
import { makeTls, tlsFiles } from './tls.ts'

export type { LabCluster } from './record.ts'

export interface UpOptions {
  name: string
  dist: string
  /** Of the first node; the others follow, transport ports are 1000 higher. Without it a free range is found. */
  port?: number
  nodes?: number
  secure?: boolean
  heap?: string
  jit?: Jit
  /** Names of secure lab clusters, or CA files, whose certificates reindex from remote accepts. */
  trust?: string[]
  settings?: Record<string, unknown>
  timeoutMs?: number
}

const defaultTimeoutMs = 180_000

/** Starts a cluster and returns when every node has joined and answers (authenticated, if secure). */
export async function up(options: UpOptions): Promise<LabCluster> {
  checkOptions(options)
  const programs = await programsOf(options.dist)
  const cluster = await withLock(join(runFolder(), 'up.lock'), () => begin(options, programs))
  await waitOrEnd(cluster, everyIndex(cluster), options.timeoutMs)
  return cluster
}

function checkOptions({ name, dist, nodes = 1, secure = false, heap = '512m', trust = [] }: UpOptions): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,40}$/.test(name) || name === 'shared-repo') {
    throw new LabError(
      `"${name}" cannot name a lab cluster.`,
      'Use up to 41 lower-case letters, digits, - and _, a letter or digit first.',
    )
  }
  const { settingNames } = recipeOf(dist)
  if (secure) secureRecipeOf(dist)
  if (trust.length > 0 && settingNames.reindexAllowList === undefined) {
    throw new LabError(`${dist} of the lab has no _reindex, so there is nothing that could trust.`, 'Leave --trust out.')
  }
  if (!Number.isInteger(nodes) || nodes < 1) throw new LabError(`A cluster cannot have ${nodes} nodes.`, 'Ask for 1 or more.')
  if (!/^\d+[kmg]$/i.test(heap)) throw new LabError(`"${heap}" is no heap size.`, 'Write it as Java does, such as 512m or 2g.')
}

async function programsOf(dist: string): Promise<Programs> {
  return { jdk: findJdk(recipeOf(dist).javaMajor), distFolder: await prepare(dist), classes: await labNodeClasses() }
}

/** Claims name and ports and starts the nodes; two callers at once get different ports, as each sees the other's record. */
async function begin(options: UpOptions, programs: Programs): Promise<LabCluster> {
  const { name, dist, nodes = 1, secure = false, heap = '512m', jit = 'quick', trust = [], settings = {} } = options
  makeRoomFor(name)
  const trusted = trust.map(caOf)
  const ports = options.port === undefined ? await freePorts(nodes) : await portsFrom(options.port, nodes)
  const folder = clusterFolder(name)
  if (secure) await makeTls(folder, name)
  writeCluster({
    name,
    dist,
    secure,
    nodes: ports.map((pair, i) => ({ name: `${name}-${i}`, ...pair })),
    urls: ports.map(({ port }) => `${secure ? 'https' : 'http'}://127.0.0.1:${port}`),
    ...(secure ? { admin: secureRecipeOf(dist).admin, caPath: tlsFiles(folder).ca } : {}),
    folder,
    heap,
    jit,
    trust: trusted,
    settings,
    repos: repoFolders(name),
    kept: false,
  })
  for (const i of ports.keys()) launch(readCluster(name), i, programs)
  return readCluster(name)
}

/** Removes what is left of an ended cluster of this name; refuses if that runs or was kept on purpose. */
function makeRoomFor(name: string): void {
  const old = findCluster(name)
  if (old !== undefined && runningNodes(old).length > 0) {
    throw new LabError(
      `The lab cluster ${name} runs already (${old.urls.join(' ')}).`,
      `Choose another name, or end it: lab down ${name}.`,
    )
  }
  if (old?.kept) {
    throw new LabError(
      `The data of the lab cluster ${name} was kept.`,
      `Start it again: lab revive ${name}; or delete it: lab down ${name}.`,
    )
  }
  rmSync(clusterFolder(name), { recursive: true, force: true })
}

/** The CA file that a value of --trust stands for. */
function caOf(trust: string): string {
  const caPath = findCluster(trust)?.caPath ?? resolve(trust)
  if (!existsSync(caPath)) {
    throw new LabError(`There is no certificate authority "${trust}" to trust.`, 'Name a secure lab cluster or a PEM file.')
  }
  return caPath
}

/** Ends the nodes, asked before they are forced, and deletes data and logs unless they are to be kept. */
export async function down(name: string, options: { keep?: boolean } = {}): Promise<void> {
  const cluster = readCluster(name)
  await endNodes(name, everyIndex(cluster))
  if (options.keep) changeCluster(name, record => (record.kept = true))
  else rmSync(cluster.folder, { recursive: true, force: true })
}

/** Ends a node as a crash would (SIGKILL). Its data stays. A node that does not run stays as it is. */
export async function kill(name: string, node: number): Promise<void> {
  await endNodes(name, [node], 0)
}

/**
 * Starts the node again, or all that do not run, with the same ports and data, and returns when they have joined.
 * @param settings go before those that the cluster was started with; null takes a line out of the settings file
 */
export async function revive(name: string, node?: number, settings: Record<string, unknown> = {}): Promise<void> {
  const cluster = changeCluster(name, record => {
    record.kept = false
    record.settings = { ...record.settings, ...settings }
  })
  const wanted = node === undefined ? everyIndex(cluster) : [node]
  const dead = wanted.filter(i => !runningNodes(cluster).includes(nodeAt(cluster, i)))
  const programs = await programsOf(cluster.dist)
  for (const i of dead) launch(cluster, i, programs)
  await waitOrEnd(readCluster(name), dead)
}

/** Every recorded cluster, also those of which no node runs at the moment. */
export function list(): LabCluster[] {
  return readClusters()
}

/** A start that fails leaves no process of its own behind, only the logs. */
async function waitOrEnd(cluster: LabCluster, started: number[], timeoutMs: number = defaultTimeoutMs): Promise<void> {
  try {
    await waitUntilUp(
      cluster,
      started.map(i => nodeAt(cluster, i)),
      timeoutMs,
    )
  } catch (error) {
    await endNodes(cluster.name, started, 0)
    throw error
  }
}

async function endNodes(name: string, indices: number[], graceMs?: number): Promise<void> {
  const cluster = readCluster(name)
  await end(
    indices.map(i => nodeAt(cluster, i)),
    graceMs,
  )
  changeCluster(name, record => {
    for (const i of indices) {
      const node = nodeAt(record, i)
      delete node.pid
      delete node.pidStart
    }
  })
}

function everyIndex(cluster: LabCluster): number[] {
  return [...cluster.nodes.keys()]
}
