// Every path the fake serves, most specific first.
import { getAliases, updateAliases } from './aliases.ts'
import { bulk } from './bulk.ts'
import {
  catIndices,
  clusterSettings,
  clusterState,
  dataStreams,
  health,
  nodes,
  pipelines,
  resolveIndex,
  root,
} from './cluster.ts'
import { createDocument, deleteDocument, getDocument, putDocument } from './documents.ts'
import type { Handler } from './http.ts'
import {
  deleteIndex,
  flush,
  getIndex,
  getMapping,
  getSettings,
  putBlock,
  putIndex,
  putMapping,
  putSettings,
  refresh,
} from './indices.ts'
import { closePit, closeScrolls, count, openPit, scrollOn, search } from './search.ts'
import { recovery, stats } from './stats.ts'
import type { ClusterKind } from './store.ts'

type Route = [methods: string, pattern: string, handler: Handler, flavor?: ClusterKind['flavor']]

const ROUTES: readonly Route[] = [
  ['GET HEAD', '/', root],
  ['GET', '/_cluster/health', health],
  ['GET', '/_cluster/health/{index}', health],
  ['GET', '/_cluster/settings', clusterSettings],
  ['GET', '/_cluster/state/metadata', clusterState],
  ['GET', '/_cluster/state/metadata/{index}', clusterState],
  ['GET', '/_ingest/pipeline', pipelines],
  ['GET', '/_nodes', nodes],
  ['GET', '/_nodes/{metric}', nodes],
  ['GET', '/_nodes/stats/{metric}', nodes],
  ['GET', '/_nodes/stats/{metric}/{index_metric}', nodes],
  ['GET', '/_cat/indices', catIndices],
  ['GET', '/_cat/indices/{index}', catIndices],
  ['GET', '/_resolve/index/{index}', resolveIndex],
  ['GET', '/_data_stream', dataStreams],
  ['GET', '/_data_stream/{name}', dataStreams],
  ['GET', '/_alias', getAliases],
  ['GET', '/_alias/{name}', getAliases],
  ['POST', '/_aliases', updateAliases],
  ['GET', '/_settings', getSettings],
  ['GET', '/_mapping', getMapping],
  ['GET', '/_stats', stats],
  ['GET', '/_stats/{metric}', stats],
  ['GET POST', '/_refresh', refresh],
  ['POST PUT', '/_bulk', bulk],
  ['GET POST', '/_count', count],
  ['GET POST', '/_search', search],
  ['GET POST', '/_search/scroll', scrollOn],
  ['DELETE', '/_search/scroll', closeScrolls],
  ['DELETE', '/_search/scroll/{id}', closeScrolls],
  ['DELETE', '/_pit', closePit, 'elasticsearch'],
  ['DELETE', '/_search/point_in_time', closePit, 'opensearch'],
  ['GET', '/{index}/_alias', getAliases],
  ['GET', '/{index}/_alias/{name}', getAliases],
  ['GET', '/{index}/_settings', getSettings],
  ['GET', '/{index}/_settings/{name}', getSettings],
  ['PUT', '/{index}/_settings', putSettings],
  ['GET', '/{index}/_mapping', getMapping],
  ['PUT POST', '/{index}/_mapping', putMapping],
  ['PUT', '/{index}/_block/{block}', putBlock],
  ['GET', '/{index}/_stats', stats],
  ['GET', '/{index}/_stats/{metric}', stats],
  ['GET', '/{index}/_recovery', recovery],
  ['GET POST', '/{index}/_refresh', refresh],
  ['GET POST', '/{index}/_flush', flush],
  ['POST PUT', '/{index}/_bulk', bulk],
  ['GET POST', '/{index}/_count', count],
  ['GET POST', '/{index}/_search', search],
  ['POST', '/{index}/_pit', openPit, 'elasticsearch'],
  ['POST', '/{index}/_search/point_in_time', openPit, 'opensearch'],
  ['POST', '/{index}/_doc', putDocument],
  ['GET HEAD', '/{index}/_doc/{id}', getDocument],
  ['PUT POST', '/{index}/_doc/{id}', putDocument],
  ['DELETE', '/{index}/_doc/{id}', deleteDocument],
  ['PUT POST', '/{index}/_create/{id}', createDocument],
  ['GET HEAD', '/{index}', getIndex],
  ['PUT', '/{index}', putIndex],
  ['DELETE', '/{index}', deleteIndex],
]

export type Found = { handler: Handler; params: Record<string, string> } | { allowed: string[] }

/** The handler of a path, or the methods it would take; no methods means that there is no such path. */
export function findRoute(method: string, path: string, flavor: ClusterKind['flavor']): Found {
  const segments = path.split('/').filter(segment => segment !== '')
  const allowed: string[] = []
  for (const [methods, pattern, handler, only] of ROUTES) {
    const params = only === undefined || only === flavor ? match(pattern, segments) : undefined
    if (params === undefined) continue
    if (methods.split(' ').includes(method)) return { handler, params }
    allowed.push(...methods.split(' '))
  }
  return { allowed }
}

function match(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split('/').filter(part => part !== '')
  if (parts.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, part] of parts.entries()) {
    const segment = segments[at] ?? ''
    if (part === segment) continue
    // An index never begins with an underscore, so an unknown API is not taken for one.
    const isName = part.startsWith('{') && (part !== '{index}' || !segment.startsWith('_') || segment === '_all')
    if (!isName) return undefined
    params[part.slice(1, -1)] = decodeURIComponent(segment)
  }
  return params
}
