import { atLeast, describeIdentity } from './version.ts'
import type { Identity } from './version.ts'

type Server = Pick<Identity, 'flavor' | 'version'>

/** works and fails were seen on real servers; untried is neither promised nor excluded. */
export interface ReindexRoute {
  readonly verdict: 'works' | 'fails' | 'untried'
  readonly why: string
}

/**
 * Whether a cluster's own `_reindex` can read from another by `source.remote`. A server reads what it knew when it was
 * released: hits with `_type` up to Elasticsearch 7 and OpenSearch 1, and Elasticsearch takes an OpenSearch for an
 * Elasticsearch of that number.
 */
export function reindexRoute(from: Server, to: Server): ReindexRoute {
  const [source, target] = [describeIdentity(from), describeIdentity(to)]
  const fails = (why: string): ReindexRoute => ({ verdict: 'fails', why })
  const works: ReindexRoute = { verdict: 'works', why: `${target} reads from ${source}` }
  const untyped = from.flavor === 'elasticsearch' ? atLeast(from.version, 8) : atLeast(from.version, 2)
  const wantsTypes = to.flavor === 'elasticsearch' ? !atLeast(to.version, 8) : !atLeast(to.version, 2)
  if (untyped && wantsTypes) return fails(`${target} wants _type in every hit, which ${source} no longer gives`)
  if (to.flavor === 'opensearch') return works
  if (from.flavor === 'opensearch') {
    if (!atLeast(from.version, 2)) return fails(`${target} takes ${source} for an Elasticsearch 1 and asks for a scan search`)
    return { verdict: 'untried', why: `no ${target} is known to have read from ${source}` }
  }
  if (from.version.major > to.version.major)
    return { verdict: 'untried', why: `Elastic promises only older sources for it, and ${source} is newer than ${target}` }
  return works
}
