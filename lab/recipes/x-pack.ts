import type { Feature } from './features.ts'
import type { SecureRecipe } from './recipe.ts'

/** X-Pack asks for OpenSAML, which Maven Central does not have: see `borrow` below. */
export const xPackExcludes: readonly string[] = [
  'org.opensaml:*',
  'net.shibboleth.utilities:*',
  'com.sun.activation:jakarta.activation',
  'org.elasticsearch.plugin:es-opensaml-security-api',
]

/** X-Pack's core (licence) and security. The rest of X-Pack is in no registry. */
export function xPack(version: string, coreJars: string[] = [], brings: readonly Feature[] = []): SecureRecipe {
  const group = 'org.elasticsearch.plugin'
  const admin = { username: 'elastic', password: 'lab-elastic' }
  return {
    modules: [
      {
        name: 'x-pack-core',
        coordinates: [`${group}:x-pack-core:${version}`, ...coreJars],
        pluginClass: 'org.elasticsearch.xpack.core.XPackPlugin',
        extends: [],
      },
      {
        name: 'x-pack-security',
        coordinates: [`${group}:x-pack-security:${version}`],
        pluginClass: 'org.elasticsearch.xpack.security.Security',
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
    brings: ['security', 'API keys', 'licence API', ...brings],
  }
}
