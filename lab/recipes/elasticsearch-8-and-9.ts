import type { Feature } from './features.ts'
import type { Recipe } from './recipe.ts'
import { xPack, xPackExcludes } from './x-pack.ts'

interface Versions {
  version: string
  javaMajor: number
  /** Of X-Pack's templates, where the version's own were never published. */
  templates?: string
}

/** All that lies in modules, and what of X-Pack is neither its core nor security. */
const lacks: Feature[] = [
  'security',
  'API keys',
  'licence API',
  'index lifecycle',
  'reindex',
  'reindex from remote',
  'update and delete by query',
  'Painless',
  'ingest processors',
  'search templates',
  'language analyzers',
  'scaled_float',
  'join fields',
  'percolator',
  'wildcard fields',
]

/** From 8.11 on Elastic publishes its server, the Netty transport and parts of X-Pack, but no other module. */
export function elasticsearch8And9({ version, javaMajor, templates }: Versions): Recipe {
  const major = version.split('.')[0] ?? ''
  const group = 'org.elasticsearch.plugin'
  const templateJar = `${group}:x-pack-template-resources`
  return {
    product: 'elasticsearch',
    version,
    javaMajor,
    lib: [`org.elasticsearch:elasticsearch:${version}`],
    excludes: [...xPackExcludes, ...(templates === undefined ? [] : [templateJar])],
    modules: [
      {
        name: 'transport-netty4',
        coordinates: [`${group}:transport-netty4:${version}`],
        pluginClass: 'org.elasticsearch.transport.netty4.Netty4Plugin',
        extends: [],
      },
    ],
    ownModules: [
      {
        name: 'lab-rest',
        sources: [
          ...['LabParts', 'RootHandler', 'Analysis', 'DataStreams'].map(name => `elasticsearch-8-and-9/${name}.java`),
          ...['LabPlugin', 'Compat'].map(name => `elasticsearch-${major}/${name}.java`),
        ],
        pluginClass: 'lab.LabPlugin',
      },
    ],
    ownClasses: [],
    jvm: ['-Des.distribution.type=tar', '-Des.distribution.flavor=default'],
    wantsZstd: true,
    settingNames: {
      transportPort: 'transport.port',
      seedHosts: 'discovery.seed_hosts',
      initialMasters: 'cluster.initial_master_nodes',
      minimumMasters: undefined,
      reindexAllowList: undefined,
    },
    secure: xPack(version, templates === undefined ? [] : [`${templateJar}:${templates}`]),
    lacks,
  }
}
