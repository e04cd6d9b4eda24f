import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where laid-out dists and compiled classes are kept between runs. */
export function cacheFolder(): string {
  return resolve(process.env['SHARDFERRY_LAB_CACHE'] ?? join(homedir(), '.cache', 'shardferry-lab'))
}

/** Where the records, data and logs of clusters live. */
export function runFolder(): string {
  return resolve(process.env['SHARDFERRY_LAB_RUN'] || join(tmpdir(), 'shardferry-lab'))
}

/** Whether nobody has said which run folder: then it is the one of everybody on this machine. */
export function sharesRunFolder(): boolean {
  return (process.env['SHARDFERRY_LAB_RUN'] ?? '') === ''
}

export function clusterFolder(name: string): string {
  return join(runFolder(), name)
}

export function nodeFolder(name: string, node: number): string {
  return join(clusterFolder(name), `node-${node}`)
}

export function nodeLog(name: string, node: number): string {
  return join(nodeFolder(name, node), 'logs', 'node.log')
}

/** Snapshot repositories may lie in the first folder, the cluster's own, or in the second, which all clusters share. */
export function repoFolders(name: string): string[] {
  return [join(clusterFolder(name), 'repo'), join(runFolder(), 'shared-repo')]
}
