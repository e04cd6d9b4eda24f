import type { Feature } from './features.ts'
import { clientModules, geoJars, moduleNames, serverModule, type ModuleName } from './modules.ts'
import type { ModuleRecipe, Recipe, SettingNames } from './recipe.ts'
import { xPack, xPackExcludes } from './x-pack.ts'

/** What X-Pack had as long as it had it. */
const xPackFeatures: readonly Feature[] = ['security', 'API keys', 'licence API', 'index lifecycle']
const xPack7Features: readonly Feature[] = [...xPackFeatures, 'data streams', 'wildcard fields', 'vectors']

/** The flavor of a distribution without X-Pack. */
const jvm = ['-Des.distribution.type=tar', '-Des.distribution.flavor=oss']

const settingNames: SettingNames = {
  transportPort: 'transport.tcp.port',
  seedHosts: 'discovery.seed_hosts',
  initialMasters: 'cluster.initial_master_nodes',
  minimumMasters: undefined,
  reindexAllowList: 'reindex.remote.whitelist',
}

const zenSettingNames: SettingNames = {
  ...settingNames,
  seedHosts: 'discovery.zen.ping.unicast.hosts',
  initialMasters: undefined,
  minimumMasters: 'discovery.zen.minimum_master_nodes',
}

function base(version: string, log4j: string): Omit<Recipe, 'modules' | 'lacks'> {
  return {
    product: 'elasticsearch',
    version,
    javaMajor: 17,
    lib: [`org.elasticsearch:elasticsearch:${version}`, `org.apache.logging.log4j:log4j-core:${log4j}`],
    excludes: [],
    ownModules: [],
    ownClasses: [],
    jvm,
    wantsZstd: false,
    settingNames,
    secure: undefined,
  }
}

/** A module as the CodeLibs project took it out of Elastic's distribution; it did so up to 7.10.2. */
function codeLibs(version: string, names: readonly ModuleName[]): ModuleRecipe[] {
  return names.map(name => serverModule('org.elasticsearch', name, [`org.codelibs.elasticsearch.module:${name}:${version}`]))
}

/** A module as Elastic itself published it. */
function client(version: string, names: readonly ModuleName[]): ModuleRecipe[] {
  return names.map(name => serverModule('org.elasticsearch', name, [`org.elasticsearch.plugin:${name}-client:${version}`]))
}

/** What modules that extend another one need. */
function classLoader(version: string): string {
  return `org.codelibs.elasticsearch.lib:plugin-classloader:${version}`
}

export function elasticsearch5(version: string): Recipe {
  const clients: ModuleName[] = ['transport-netty4', 'reindex', 'lang-mustache', 'percolator', 'parent-join', 'aggs-matrix-stats']
  // Version 5 knows no module that extends another one; its ingest-common does not need Painless.
  const others = codeLibs(version, ['lang-painless', 'ingest-common', 'lang-expression'])
  return {
    ...base(version, '2.11.1'),
    modules: [...client(version, clients), ...others].map(module => ({ ...module, extends: [] })),
    settingNames: zenSettingNames,
    lacks: ['security', 'licence API'],
  }
}

export function elasticsearch6(version: string): Recipe {
  const clients: readonly ModuleName[] = clientModules.filter(name => name !== 'mapper-extras')
  const recipe = base(version, '2.11.1')
  return {
    ...recipe,
    lib: [...recipe.lib, classLoader(version), ...geoJars],
    modules: [
      ...client(version, clients),
      ...codeLibs(
        version,
        moduleNames.filter(name => !clients.includes(name)),
      ),
    ],
    ownClasses: ['elasticsearch-6/ConcreteNode.java'],
    settingNames: zenSettingNames,
    lacks: xPackFeatures,
  }
}

export function elasticsearch7(version: string): Recipe {
  const recipe = base(version, '2.11.1')
  return {
    ...recipe,
    lib: [...recipe.lib, classLoader(version), ...geoJars],
    excludes: [...xPackExcludes],
    modules: codeLibs(version, moduleNames),
    secure: xPack(version, [], ['point in time']),
    lacks: [...xPack7Features, 'point in time', 'flat objects'],
  }
}

/** Elasticsearch 7.17, of which there is only what Elastic itself published. */
export function elasticsearch717(version: string): Recipe {
  const recipe = base(version, '2.17.1')
  return {
    ...recipe,
    lib: [...recipe.lib, ...geoJars],
    modules: client(version, clientModules).map(module =>
      module.name === 'reindex' ? { ...module, pluginClass: 'org.elasticsearch.reindex.ReindexPlugin' } : module,
    ),
    lacks: [...xPack7Features, 'Painless', 'ingest processors', 'language analyzers'],
  }
}
