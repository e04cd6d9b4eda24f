import type { PlannedCluster } from '../../model/plan.ts'
import { parseVersion } from '../../model/version.ts'

/** What a migration may have needed that no API takes back: only a person knows whether it was done, and can undo it. */
export function handWorkText(sourceAddresses: readonly string[], target: PlannedCluster | undefined): string {
  const hosts = sourceAddresses.map(address => hostAndPort(address)).join(', ')
  return `Only a person can undo, where it was done for this migration:
- on every node of the target: ${hosts} in ${allowList(target)}, and the node's restart
- on every node of the target: the source's CA file, and its line reindex.ssl.certificate_authorities
- public addresses of the source, and firewall rules that let the target's nodes or this machine in
- CA files and certificates in buckets, on this machine, or in the trust of the system
- users, roles and keys that were made by hand`
}

/** The name of the list, and the file it stands in, of this flavor and version. */
function allowList(target: PlannedCluster | undefined): string {
  if (target === undefined) return 'reindex.remote.whitelist (elasticsearch.yml) or reindex.remote.allowlist (opensearch.yml)'
  if (target.flavor === 'elasticsearch') return 'reindex.remote.whitelist of elasticsearch.yml'
  const { major } = parseVersion(target.version) ?? { major: 3 }
  return `reindex.remote.allowlist${major < 3 ? ' (or its old name, reindex.remote.whitelist)' : ''} of opensearch.yml`
}

function hostAndPort(address: string): string {
  const { hostname, port, protocol } = new URL(address)
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`
}
