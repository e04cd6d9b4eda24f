import { LabError } from './errors.ts'

type Product = 'elasticsearch' | 'opensearch'

/** A module of the server: its Maven coordinates (group:artifact:version) and the class the server loads. */
export interface ModuleRecipe {
  name: string
  coordinates: string[]
  pluginClass: string
  /** Modules whose classes this one sees. */
  extends: string[]
}

/** A plugin that Maven Central has as the very zip the product's own plugin command installs. */
interface PluginRecipe {
  name: string
  zip: string
}

/** Jars taken out of another plugin's zip, because no registry has them by themselves. */
interface BorrowRecipe {
  zip: string
  prefixes: string[]
  intoModule: string
}

/** What a dist is made of. Everything that differs between products and versions is data here, not a condition elsewhere. */
export interface Recipe {
  product: Product
  version: string
  /** The oldest Java that runs it. */
  javaMajor: number
  lib: string[]
  /** group:artifact patterns that Maven leaves out everywhere. */
  excludes: string[]
  modules: ModuleRecipe[]
  jvm: string[]
  settingNames: { transportPort: string; initialMasters: string; reindexAllowList: string }
  /** What a cluster with TLS and passwords has on top. */
  secure: {
    modules: ModuleRecipe[]
    plugins: PluginRecipe[]
    borrow: BorrowRecipe[]
    jvm: string[]
    admin: { username: string; password: string }
    /** Answers 200 once the admin's password is known on a node. */
    whoAmIPath: string
  }
}

/** The modules that both products have, with the class of each below the root package. */
const moduleClasses = {
  'lang-painless': 'painless.PainlessPlugin',
  'transport-netty4': 'transport.Netty4Plugin',
  reindex: 'index.reindex.ReindexPlugin',
  'analysis-common': 'analysis.common.CommonAnalysisPlugin',
  'ingest-common': 'ingest.common.IngestCommonPlugin',
  'ingest-user-agent': 'ingest.useragent.IngestUserAgentPlugin',
  'lang-mustache': 'script.mustache.MustachePlugin',
  'lang-expression': 'script.expression.ExpressionPlugin',
  'mapper-extras': 'index.mapper.MapperExtrasPlugin',
  'parent-join': 'join.ParentJoinPlugin',
  percolator: 'percolator.PercolatorPlugin',
  'rank-eval': 'index.rankeval.RankEvalPlugin',
  'aggs-matrix-stats': 'search.aggregations.matrix.MatrixAggregationPlugin',
  'repository-url': 'plugin.repository.url.URLRepositoryPlugin',
}

const painlessUsers = new Set(['analysis-common', 'ingest-common'])

function module(name: string, pluginClass: string, coordinates: string[]): ModuleRecipe {
  return { name, coordinates, pluginClass, extends: painlessUsers.has(name) ? ['lang-painless'] : [] }
}

const geoJars = ['org.locationtech.jts:jts-core:1.15.0', 'org.locationtech.spatial4j:spatial4j:0.7']

/** Modules that OpenSearch publishes with "-client" behind their name. */
const openSearchClients = new Set([
  'transport-netty4',
  'reindex',
  'lang-mustache',
  'mapper-extras',
  'parent-join',
  'percolator',
  'rank-eval',
  'aggs-matrix-stats',
])

interface OpenSearchVersions {
  version: string
  classloader: string
  log4j: string
  security: string
}

function openSearch({ version, classloader, log4j, security }: OpenSearchVersions): Recipe {
  const group = 'org.opensearch.plugin'
  const modules = Object.entries({ ...moduleClasses, geo: 'geo.GeoModulePlugin' }).map(([name, pluginClass]) => {
    const coordinates = [`${group}:${name}${openSearchClients.has(name) ? '-client' : ''}:${version}`]
    if (name === 'lang-painless') coordinates.push(`${group}:opensearch-scripting-painless-spi:${version}`)
    return module(name, `org.opensearch.${pluginClass}`, coordinates)
  })
  return {
    product: 'opensearch',
    version,
    javaMajor: 17,
    lib: [
      `org.opensearch:opensearch:${version}`,
      `org.opensearch:opensearch-plugin-classloader:${classloader}`,
      `org.apache.logging.log4j:log4j-core:${log4j}`,
      ...geoJars,
    ],
    excludes: [],
    modules,
    jvm: ['-Dopensearch.distribution.type=tar'],
    settingNames: {
      transportPort: 'transport.port',
      initialMasters: 'cluster.initial_cluster_manager_nodes',
      reindexAllowList: 'reindex.remote.allowlist',
    },
    secure: {
      modules: [],
      plugins: [{ name: 'opensearch-security', zip: `${group}:opensearch-security:${security}` }],
      borrow: [],
      jvm: [],
      admin: { username: 'admin', password: 'admin' },
      whoAmIPath: '/_plugins/_security/authinfo',
    },
  }
}

/** Elasticsearch 7 up to 7.10.2, the last version of which the CodeLibs project publishes every module. */
function elasticsearch7(version: string, log4j: string): Recipe {
  const group = 'org.elasticsearch.plugin'
  const admin = { username: 'elastic', password: 'lab-elastic' }
  return {
    product: 'elasticsearch',
    version,
    javaMajor: 17,
    lib: [
      `org.elasticsearch:elasticsearch:${version}`,
      `org.apache.logging.log4j:log4j-core:${log4j}`,
      `org.codelibs.elasticsearch.lib:plugin-classloader:${version}`,
      ...geoJars,
    ],
    // X-Pack asks for OpenSAML, which Maven Central does not have: see borrow.
    excludes: ['org.opensaml:*', 'net.shibboleth.utilities:*', 'com.sun.activation:jakarta.activation'],
    modules: Object.entries(moduleClasses).map(([name, pluginClass]) =>
      module(name, `org.elasticsearch.${pluginClass}`, [`org.codelibs.elasticsearch.module:${name}:${version}`]),
    ),
    jvm: ['-Des.distribution.type=tar'],
    settingNames: {
      transportPort: 'transport.tcp.port',
      initialMasters: 'cluster.initial_master_nodes',
      reindexAllowList: 'reindex.remote.whitelist',
    },
    secure: {
      modules: [
        module('x-pack-core', 'org.elasticsearch.xpack.core.XPackPlugin', [`${group}:x-pack-core:${version}`]),
        {
          ...module('x-pack-security', 'org.elasticsearch.xpack.security.Security', [`${group}:x-pack-security:${version}`]),
          extends: ['x-pack-core'],
        },
      ],
      plugins: [],
      // X-Pack security loads SAML's classes even where no SAML is used.
      borrow: [
        {
          zip: 'org.opensearch.plugin:opensearch-security:2.19.4.0',
          prefixes: ['opensaml-', 'java-support-'],
          intoModule: 'x-pack-security',
        },
      ],
      jvm: ['-Des.distribution.flavor=default', `-Dlab.secure.bootstrap.password=${admin.password}`],
      admin,
      whoAmIPath: '/_security/_authenticate',
    },
  }
}

const recipes: Record<string, Recipe> = {
  'elasticsearch-7.10.2': elasticsearch7('7.10.2', '2.11.1'),
  // Its own plugin-classloader was never published; that of a later patch version fits.
  'opensearch-2.19.4': openSearch({ version: '2.19.4', classloader: '2.19.6', log4j: '2.21.0', security: '2.19.4.0' }),
}

export const distNames: readonly string[] = Object.keys(recipes)

export function recipeOf(dist: string): Recipe {
  const recipe = recipes[dist]
  if (recipe === undefined) throw new LabError(`The lab has no dist "${dist}".`, `It has: ${distNames.join(', ')}.`)
  return recipe
}
