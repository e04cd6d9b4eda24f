import { movedTasks } from '../../model/plan.ts'
import type { Plan, PlannedCluster } from '../../model/plan.ts'
import { parseVersion } from '../../model/version.ts'

/**
 * What a migration may have needed that no API takes back: only a person knows whether it was done, and can undo it.
 * The stream asks nothing of the clusters' nodes; without a plan it is not known what was to move the documents.
 */
export function handWorkText(sourceAddresses: readonly string[], plan: Plan | undefined): string {
  const byReindex = plan === undefined || movedTasks(plan).some(task => task.engine === 'reindex')
  const lines = byReindex ? [...onTheNodes(sourceAddresses, plan?.target), ...ways(true)] : ways(false)
  return `Only a person can undo, where it was done for this migration:\n${lines.map(line => `- ${line}`).join('\n')}`
}

function onTheNodes(sourceAddresses: readonly string[], target: PlannedCluster | undefined): readonly string[] {
  const hosts = sourceAddresses.map(address => hostAndPort(address)).join(', ')
  return [
    `on every node of the target: ${hosts} in ${allowList(target)}, and the node's restart`,
    "on every node of the target: the source's CA file, and its line reindex.ssl.certificate_authorities",
  ]
}

function ways(byReindex: boolean): readonly string[] {
  return [
    byReindex
      ? "public addresses of the source, and firewall rules that let the target's nodes or this machine in"
      : 'public addresses of the clusters, and firewall rules that let this machine in',
    byReindex
      ? 'CA files and certificates in buckets, on this machine, or in the trust of the system'
      : 'CA files on this machine, or in the trust of the system',
    'users, roles and keys that were made by hand',
  ]
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
