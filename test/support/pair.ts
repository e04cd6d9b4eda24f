import { down, list, up } from '../../lab/cluster.ts'
import type { LabCluster, UpOptions } from '../../lab/cluster.ts'
import { recipeOf } from '../../lab/dists.ts'
import { openSite, siteAt } from './site.ts'
import type { SecuredSite, Site } from './site.ts'

/** A secured Elasticsearch 7.10.2 and a secured OpenSearch 2.19.4, unless others are asked for. */
export interface Pair extends Sites {
  readonly source: SecuredSite
  readonly target: SecuredSite
}

/** Any two clusters. */
export interface Sites {
  readonly source: Site
  readonly target: Site
}

type Options = Pick<UpOptions, 'nodes' | 'heap' | 'settings' | 'trust'> & Partial<Pick<UpOptions, 'dist'>>

/** Passwords that occur nowhere else, so that a leak can be searched for. */
const users = {
  source: { username: 'ferry', password: 'Brass-lantern-27182' },
  target: { username: 'ferry', password: 'Quiet-harbour-31415' },
} as const

/** The dists of the pairs that a test runs on: the gate's own, or those of SHARDFERRY_PAIRS: `all`, or such as `elasticsearch-8.19.21 opensearch-3.4.0, …`. */
export function pairsToTry(gate: string, all: readonly string[] = [gate]): [source: string, target: string][] {
  const asked = process.env['SHARDFERRY_PAIRS'] ?? gate
  const pairs = asked === 'all' ? all : asked.split(',')
  return pairs.map(pair => pair.trim().split(/\s+/) as [source: string, target: string])
}

/** @param name stands in the names of both clusters, such as `test-real-copy` */
export async function startPair(name: string, options: { source?: Options; target?: Options } = {}): Promise<Pair> {
  const [source, target] = await settled([startSource(name, options.source), startTarget(name, options.target)])
  return { source, target }
}

export async function startSource(name: string, options: Options = {}): Promise<SecuredSite> {
  const cluster = await started({ dist: 'elasticsearch-7.10.2', ...options, name: `${name}-source` })
  return await withUser(siteOf(cluster, 'source'), cluster)
}

export async function startTarget(name: string, options: Options = {}): Promise<SecuredSite> {
  const cluster = await started({ dist: 'opensearch-2.19.4', ...options, name: `${name}-target` })
  return await withUser(siteOf(cluster, 'target'), cluster)
}

export function siteOf(cluster: LabCluster, side: 'source' | 'target'): SecuredSite {
  return openSite(cluster, users[side])
}

/** Makes the user that may do everything. */
async function withUser(site: SecuredSite, { dist }: LabCluster): Promise<SecuredSite> {
  const { username, password } = site.user
  if (recipeOf(dist).product === 'elasticsearch')
    await site.json('PUT', `/_security/user/${username}`, { password, roles: ['superuser'] })
  else await site.json('PUT', `/_plugins/_security/api/internalusers/${username}`, { password, backend_roles: ['admin'] })
  return site
}

/** A secured Elasticsearch 7.10.2 and an OpenSearch 2.19.4 without security whose nodes trust its CA: it reads from it by its own `_reindex`. */
export async function startReadingPair(name: string): Promise<{ readonly source: SecuredSite; readonly target: Site }> {
  const source = await startSource(name)
  await ended(`${name}-target`)
  const target = await up({ name: `${name}-target`, dist: 'opensearch-2.19.4', trust: [`${name}-source`] })
  return { source, target: siteAt(target.name, target.urls) }
}

/** Ends what a run that was killed has left under the same name, then starts anew. */
async function started(options: UpOptions): Promise<LabCluster> {
  await ended(options.name)
  return await up({ ...options, secure: true })
}

/** Ends every cluster whose name begins so, whether its start succeeded or not. */
export async function stop(name: string, ...sites: readonly (Site | undefined)[]): Promise<void> {
  for (const site of sites) await site?.close()
  await settled([ended(`${name}-source`), ended(`${name}-target`)])
}

async function ended(name: string): Promise<void> {
  if (list().some(cluster => cluster.name === name)) await down(name)
}

/** Waits for all, also where one fails, so that nothing is still starting when it is stopped. */
export async function settled<T extends readonly Promise<unknown>[]>(
  promises: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises)
  return await Promise.all(promises)
}
