import { clientModules, geoJars, moduleNames, serverModule, type ModuleName } from './modules.ts'
import type { ModuleRecipe, Recipe, SecureRecipe } from './recipe.ts'

const group = 'org.opensearch.plugin'

interface Versions {
  version: string
  javaMajor: number
  log4j: string
  /** Of opensearch-plugin-classloader, where the version's own was never published. */
  classloader?: string
  /** Of the security plugin. */
  security?: string
}

export function openSearch({ version, javaMajor, log4j, classloader = version, security }: Versions): Recipe {
  const major = Number(version.split('.')[0])
  return {
    product: 'opensearch',
    version,
    javaMajor,
    lib: [
      `org.opensearch:opensearch:${version}`,
      `org.opensearch:opensearch-plugin-classloader:${classloader}`,
      `org.apache.logging.log4j:log4j-core:${log4j}`,
      ...geoJars,
    ],
    excludes: [],
    modules: [...moduleNames.map(name => openSearchModule(name, version, major)), ...(major >= 2 ? [geo(version)] : [])],
    ownModules: [],
    ownClasses: [],
    jvm: ['-Dopensearch.distribution.type=tar'],
    wantsZstd: false,
    settingNames: {
      transportPort: 'transport.port',
      seedHosts: 'discovery.seed_hosts',
      initialMasters: major >= 2 ? 'cluster.initial_cluster_manager_nodes' : 'cluster.initial_master_nodes',
      minimumMasters: undefined,
      reindexAllowList: major >= 2 ? 'reindex.remote.allowlist' : 'reindex.remote.whitelist',
    },
    secure: security === undefined ? undefined : secure(security, major),
    // Index state management and k-NN are plugins of their own, which no registry has.
    lacks: ['security', 'index lifecycle', 'vectors'],
  }
}

/** The TLS configuration of reindex from remote asks for these from OpenSearch 3 on. */
const bouncyCastle = [
  'org.bouncycastle:bc-fips:2.1.2',
  'org.bouncycastle:bcpkix-fips:2.1.9',
  'org.bouncycastle:bcutil-fips:2.1.4',
  'org.bouncycastle:bctls-fips:2.1.20',
]

function openSearchModule(name: ModuleName, version: string, major: number): ModuleRecipe {
  const coordinates = [`${group}:${name}${clientModules.includes(name) ? '-client' : ''}:${version}`]
  if (name === 'lang-painless') coordinates.push(`${group}:opensearch-scripting-painless-spi:${version}`)
  if (name === 'reindex' && major >= 3) coordinates.push(...bouncyCastle)
  return serverModule('org.opensearch', name, coordinates, major >= 3 ? 'ModulePlugin' : 'Plugin')
}

function geo(version: string): ModuleRecipe {
  return { name: 'geo', coordinates: [`${group}:geo:${version}`], pluginClass: 'org.opensearch.geo.GeoModulePlugin', extends: [] }
}

function secure(version: string, major: number): SecureRecipe {
  return {
    modules: [],
    plugins: [
      {
        name: 'opensearch-security',
        zip: `${group}:opensearch-security:${version}`,
        doesWithout: major >= 3 ? ['rule-framework'] : [],
        jars: major >= 3 ? ['org.apache.commons:commons-collections4:4.4'] : [],
      },
    ],
    borrow: [],
    jvm: [],
    admin: { username: 'admin', password: 'admin' },
    whoAmIPath: '/_plugins/_security/authinfo',
    brings: ['security'],
  }
}
