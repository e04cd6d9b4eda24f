import type { ServerReason } from './refusal.ts'

/** What stands in the way of a `_reindex` from remote, by what a person has to change. */
export type Obstacle =
  | 'not-allowed'
  | 'unknown-host'
  | 'unreachable'
  | 'scheme'
  | 'ca'
  | 'expired'
  | 'host-name'
  | 'credentials'
  | 'privileges'
  | 'index-missing'
  | 'incompatible'
  | 'cursor-lost'

/**
 * By the words of Elasticsearch 7.10 and OpenSearch 2.19, and of the Java below: types and reasons of an error and its
 * causes, as `saidBy` writes them. The first that fits; the remote's own answer is quoted as text (`body={"error":...}`).
 */
const words: readonly (readonly [obstacle: Obstacle, said: RegExp])[] = [
  ['not-allowed', /not (white|allow) ?listed in reindex\.remote/i],
  ['cursor-lost', /search_context_missing/],
  ['credentials', answered('401')],
  ['privileges', answered('403')],
  ['index-missing', answered('404', 'index_not_found_exception')],
  ['unknown-host', /unknown_host|unresolved_address/],
  ['expired', /NotAfter|NotBefore|validity check failed|certificate_expired/],
  ['host-name', /No subject alternative|No name matching|does not match the certificate|peer_unverified/],
  ['ca', /PKIX path|unable to find valid certification path/],
  ['scheme', /(Unrecognized|Unsupported or unrecognized) SSL message|connection_closed|connection is closed/i],
  ['ca', /\bs_s_l_\w*exception|\bssl_\w*exception|certpath|certificate_unknown|unknown_ca/],
  [
    'unreachable',
    /connect_exception|(connect|socket)_timeout|\btimeout_exception|listener timeout|no_route_to_host|Connection (refused|reset)/i,
  ],
  ['incompatible', /remote is likely not an|Error parsing the response|No search type for/],
]

/** In the remote's answer, which is quoted whole. */
function answered(status: string, ...others: string[]): RegExp {
  return new RegExp(`(status_exception|: body=).*(${[`"status":${status}`, `HTTP/1\\.\\d ${status}`, ...others].join('|')})`, 's')
}

/** Undefined where nothing that is known is in the way: the target refuses or fails by itself. @param status with which an error came that was asked for at once; the remote's is passed on in it */
export function obstacleIn(error: ServerReason, status = 0): Obstacle | undefined {
  const said = `${saidBy(error)} "status":${status}`
  return words.find(([, pattern]) => pattern.test(said))?.[0]
}

/** An error and its causes in one line. @param mostOfReason characters of each: long reasons quote the source's whole answer */
export function saidBy(error: ServerReason, mostOfReason = Infinity): string {
  const links: string[] = []
  for (let link: ServerReason | undefined = error; link; link = link.caused_by) {
    const { type = '', reason = '' } = link
    links.push(`${type}: ${reason.length > mostOfReason ? `${reason.slice(0, mostOfReason)} …` : reason}`)
  }
  return links.join(' < ')
}
