import type { ModuleRecipe } from './recipe.ts'

/** The modules that both products have, with the class of each below the root package, without its ending "Plugin". */
const classes = {
  'lang-painless': 'painless.Painless',
  'transport-netty4': 'transport.Netty4',
  reindex: 'index.reindex.Reindex',
  'analysis-common': 'analysis.common.CommonAnalysis',
  'ingest-common': 'ingest.common.IngestCommon',
  'ingest-user-agent': 'ingest.useragent.IngestUserAgent',
  'lang-mustache': 'script.mustache.Mustache',
  'lang-expression': 'script.expression.Expression',
  'mapper-extras': 'index.mapper.MapperExtras',
  'parent-join': 'join.ParentJoin',
  percolator: 'percolator.Percolator',
  'rank-eval': 'index.rankeval.RankEval',
  'aggs-matrix-stats': 'search.aggregations.matrix.MatrixAggregation',
  'repository-url': 'plugin.repository.url.URLRepository',
} as const

export type ModuleName = keyof typeof classes

export const moduleNames = Object.keys(classes) as ModuleName[]

/** Modules that the products themselves publish, with "-client" behind the name: what their Java clients need. */
export const clientModules: readonly ModuleName[] = [
  'transport-netty4',
  'reindex',
  'lang-mustache',
  'mapper-extras',
  'parent-join',
  'percolator',
  'rank-eval',
  'aggs-matrix-stats',
]

const painlessUsers: readonly string[] = ['analysis-common', 'ingest-common']

/** One of those modules. `ending` is that of the class; those that give Painless words see it. */
export function serverModule(root: string, name: ModuleName, coordinates: string[], ending = 'Plugin'): ModuleRecipe {
  const extended = painlessUsers.includes(name) ? ['lang-painless'] : []
  return { name, coordinates, pluginClass: `${root}.${classes[name]}${ending}`, extends: extended }
}

export const geoJars: readonly string[] = ['org.locationtech.jts:jts-core:1.15.0', 'org.locationtech.spatial4j:spatial4j:0.7']
