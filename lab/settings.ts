import { join } from 'node:path'
import { recipeOf } from './dists.ts'
import { nodeFolder } from './folders.ts'
import { nodeAt, type LabCluster } from './record.ts'
import { adminDn, nodeDn, tlsFiles } from './tls.ts'

/** The text of elasticsearch.yml or opensearch.yml of one node. JSON values are YAML values; null stands for no line. */
export function settingsFile(cluster: LabCluster, node: number): string {
  const settings = { ...nodeSettings(cluster, node), ...securitySettings(cluster), ...cluster.settings }
  return Object.entries(settings)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('')
}

function nodeSettings(cluster: LabCluster, node: number): Record<string, unknown> {
  const { settingNames } = recipeOf(cluster.dist)
  const folder = nodeFolder(cluster.name, node)
  const { port, transportPort } = nodeAt(cluster, node)
  return {
    'cluster.name': cluster.name,
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'path.repo': cluster.repos,
    'network.host': '127.0.0.1',
    'http.port': port,
    [settingNames.transportPort]: transportPort,
    [settingNames.seedHosts]: cluster.nodes.map(other => `127.0.0.1:${other.transportPort}`),
    ...named(
      settingNames.initialMasters,
      cluster.nodes.map(other => other.name),
    ),
    ...named(settingNames.minimumMasters, Math.floor(cluster.nodes.length / 2) + 1),
    // A full disk of a development machine must not make indices read-only.
    'cluster.routing.allocation.disk.threshold_enabled': false,
    ...named(settingNames.reindexAllowList, ['127.0.0.1:*', 'localhost:*']),
    ...(cluster.trust.length > 0 ? { 'reindex.ssl.certificate_authorities': cluster.trust } : {}),
  }
}

/** A version that does not have the setting refuses it. */
function named(name: string | undefined, value: unknown): Record<string, unknown> {
  return name === undefined ? {} : { [name]: value }
}

function securitySettings(cluster: LabCluster): Record<string, unknown> {
  if (!cluster.secure) return {}
  return recipeOf(cluster.dist).product === 'elasticsearch' ? xPackSettings(cluster) : openSearchSecuritySettings(cluster)
}

function xPackSettings(cluster: LabCluster): Record<string, unknown> {
  const { ca, certificate, key } = tlsFiles(cluster.folder)
  const layer = (name: string): Record<string, unknown> => ({
    [`xpack.security.${name}.ssl.enabled`]: true,
    [`xpack.security.${name}.ssl.key`]: key,
    [`xpack.security.${name}.ssl.certificate`]: certificate,
    [`xpack.security.${name}.ssl.certificate_authorities`]: [ca],
  })
  return {
    'xpack.security.enabled': true,
    'xpack.security.transport.ssl.verification_mode': 'certificate',
    ...layer('http'),
    ...layer('transport'),
  }
}

function openSearchSecuritySettings(cluster: LabCluster): Record<string, unknown> {
  const { ca, certificate, key } = tlsFiles(cluster.folder)
  const layer = (name: string): Record<string, unknown> => ({
    [`plugins.security.ssl.${name}.pemcert_filepath`]: certificate,
    [`plugins.security.ssl.${name}.pemkey_filepath`]: key,
    [`plugins.security.ssl.${name}.pemtrustedcas_filepath`]: ca,
  })
  return {
    ...layer('http'),
    ...layer('transport'),
    'plugins.security.ssl.http.enabled': true,
    'plugins.security.ssl.transport.enforce_hostname_verification': false,
    'plugins.security.authcz.admin_dn': [adminDn],
    'plugins.security.nodes_dn': [nodeDn],
    'plugins.security.allow_default_init_securityindex': true,
    'plugins.security.restapi.roles_enabled': ['all_access', 'security_rest_api_access'],
    'plugins.security.check_snapshot_restore_write_privileges': true,
    'plugins.security.enable_snapshot_restore_privilege': true,
  }
}
