/** What a person has to change so that the target's nodes read from the source, in the words of its flavor, node by node. */
import { allowListSetting } from '../cluster/remote-source.ts'
import type { RemoteHost } from '../cluster/remote-source.ts'
import type { Flavor } from '../model/version.ts'
import { allows, nearMiss } from './allow-lists.ts'
import type { AllowList } from './allow-lists.ts'
import type { CheckContext, Found } from './check.ts'
import { shortList } from './name-lists.ts'
import type { Probed } from './remote-probe.ts'

export function obstacleFound(
  { target, connections, plan }: CheckContext,
  address: string,
  { host, hostPort }: RemoteHost,
  { obstacle, reason }: Probed,
  lists: readonly AllowList[] | undefined,
): Found {
  const { flavor } = target.identity
  const nodes =
    lists === undefined
      ? 'every node'
      : `every node (${shortList(
          lists.map(({ node }) => node),
          12,
        )})`
  const { tls } = connections.source
  const copyCa = `copy the CA of the source (${tls.ca === undefined ? 'shardferry check --save-ca source-ca.pem keeps it where the server sends it' : 'the file given as --source-ca'}) as source-ca.pem into the folder config/certs of ${nodes}, and in ${flavor}.yml of each`
  const error = (message: string, remedy: string): Found => ({
    about: 'target',
    severity: 'error',
    message: `Engine reindex, through ${address}: ${message}`,
    remedy,
  })
  switch (obstacle) {
    case undefined: {
      const what = plan ? "may search the plan's indices" : 'the indices could not be tried without a plan'
      const message = `Engine reindex: through ${address}, the target reads from ${host}: allowed, reachable, trusted, logged in; ${what}.`
      return { about: 'target', severity: 'ok', message }
    }
    case 'not-allowed': {
      const missing = lists?.filter(list => !allows(list, hostPort))
      const near = missing?.map(list => nearMiss(list, hostPort)).find(one => one !== undefined)
      const hint = near === undefined ? '' : ` It has ${near}, but names are compared letter by letter.`
      const listed = near === undefined ? undefined : byListedName(host, hostPort, near)
      const ownCa = host.startsWith('https:') && (tls.ca ?? tls.fingerprint) !== undefined
      const besides = `\nThe source's certificate is signed by a CA of its own. Where the nodes do not trust it yet, the same restart settles that too: ${copyCa}:\n${caLine}`
      const anyway = `${allowListRemedy(flavor, hostPort, missing?.length ? missing : undefined)}${ownCa ? besides : ''}`
      return error(
        `its nodes may not read from ${hostPort}, which is not in their ${allowListSetting(flavor)}.${hint}`,
        listed === undefined ? anyway : `Give the source by the name that is listed: --remote-host ${listed}\nOr: ${anyway}`,
      )
    }
    case 'ca':
      return error(
        `its nodes do not trust the certificate of ${hostPort} (${reason}).`,
        `C${copyCa.slice(1)}:\n${caLine}\nThe setting is static: restart each node afterwards, one after the other.`,
      )
    case 'expired':
      return error(
        `the certificate of ${hostPort} has expired, or is not valid yet (${reason}).`,
        "Renew it on the source's nodes, and look at the clocks of both clusters (check: clock)",
      )
    case 'host-name':
      return error(
        `the certificate of ${hostPort} is made for other host names (${reason}).`,
        `Give the source by a name that its certificate has: --remote-host https://NAME:PORT, and list that name in ${allowListSetting(flavor)}. Or, on ${nodes}, in ${flavor}.yml (static: restart):\n  reindex.ssl.verification_mode: certificate`,
      )
    case 'unknown-host':
      return error(
        `its nodes cannot resolve the host of ${hostPort}.`,
        `Give the source by a name or number that they know: --remote-host https://HOST:PORT, or add it to DNS or /etc/hosts of ${nodes}`,
      )
    case 'unreachable':
      return error(
        `its nodes cannot reach ${hostPort} (${reason}). That this machine can does not matter for it.`,
        `Open the way from ${nodes} to ${hostPort} (firewall, security group, routes), or give another address of the source: --remote-host https://HOST:PORT. On a node:\ncurl -kv ${host}`,
      )
    case 'scheme': {
      const other = host.startsWith('https:') ? host.replace('https:', 'http:') : host.replace('http:', 'https:')
      return error(`${hostPort} does not speak ${host.split(':')[0]} (${reason}).`, `--remote-host ${other}`)
    }
    case 'credentials':
      return error(
        `${hostPort} does not accept the source's credentials (401).`,
        'Check user name and password of the source: they are handed to the target with each request. Behind --remote-host must be the same cluster',
      )
    case 'privileges':
      return error(
        `the source's user may not do what _reindex needs there: ${reason}`,
        'Give it the index privilege read and the cluster privilege monitor (Elasticsearch), or read and cluster_composite_ops_ro with cluster_monitor (OpenSearch); shardferry check without --engine prints a role',
      )
    case 'index-missing':
      return error(
        `${hostPort} does not have the plan's indices (${reason}), so it is another cluster than the source.`,
        '--remote-host with an address of the source',
      )
    case 'incompatible':
      return error(`it does not understand the answers of ${hostPort} (${reason}).`, '--engine stream, which has no such limit')
    case 'cursor-lost':
    case 'other':
      return error(`reading from ${hostPort} fails: ${reason}`, `Look into the log of the target's nodes, or use --engine stream`)
  }
}

/** The source by a name that an entry of the list allows, where it is a name and allows the port. */
function byListedName(host: string, hostPort: string, entry: string): string | undefined {
  const name = entry.slice(0, entry.lastIndexOf(':'))
  const port = hostPort.slice(hostPort.lastIndexOf(':') + 1)
  if (name === '' || name.includes('*') || !allows({ node: '', patterns: [entry] }, `${name}:${port}`)) return undefined
  return host.replace(hostPort, `${name}:${port}`)
}

/** The line for each node with what it lists already; nodes that list the same are told together. */
export function allowListRemedy(flavor: Flavor, hostPort: string, lists: readonly AllowList[] | undefined): string {
  const setting = allowListSetting(flavor)
  const line = (patterns: readonly string[]): string => `  ${setting}: ${JSON.stringify([...patterns, hostPort])}`
  if (lists === undefined)
    return `In config/${flavor}.yml of every node of the target, besides what is listed there:\n${line([])}\n${isStatic}`
  const groups = [...Map.groupBy(lists, ({ patterns }) => JSON.stringify(patterns)).values()]
  return [
    ...groups.flatMap(group => [
      `In config/${flavor}.yml of ${shortList(
        group.map(({ node }) => node),
        12,
      )}:`,
      line(group[0]?.patterns ?? []),
    ]),
    isStatic,
  ].join('\n')
}

/** Paths are below the folder of the settings file. */
const caLine = '  reindex.ssl.certificate_authorities: ["certs/source-ca.pem"]'

const isStatic =
  'The setting is static, no API changes it: restart each node afterwards, one after the other. Or --engine stream, which needs none of this.'
