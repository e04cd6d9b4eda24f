import { allowListSetting } from '../../cluster/remote-source.ts'
import type { ServerReason } from '../../cluster/reindex.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { ErrorCode } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Identity } from '../../model/version.ts'

/** Where a task runs and what it reads from. */
export interface Place {
  readonly target: Identity
  /** The source's address in the request. */
  readonly host: string
  /** A task of this run has read from the source before, so what stands in the way now may pass. */
  readonly hasRead: boolean
}

/** Why a task broke off (`error` in `GET _tasks/ID`), with what to do about it. */
export function brokenOff(error: ServerReason, task: IndexTask, place: Place): ShardferryError {
  const { host } = place
  const links = chain(error)
  const whole = links.map(({ type = '', reason = '' }) => `${type}: ${reason}`).join(' < ')
  const said = links.map(({ type = '', reason = '' }) => `${type}: ${shortened(reason)}`).join(' < ')
  const make = (code: ErrorCode, message: string, recovery: 'retry' | 'redo' | 'fatal', hint: string): ShardferryError =>
    new ShardferryError(code, `${message} (${said})`, { recovery, hint, serverType: error.type ?? '' })
  const remote = (what: string, hint: string): ShardferryError =>
    make('reindex-remote', `The target's nodes ${what} ${host}.`, place.hasRead ? 'retry' : 'fatal', hint)

  if (/not (white|allow) ?listed/i.test(said)) return notAllowed(place, said)
  if (whole.includes('search_context_missing'))
    return make('cursor-lost', `The source lost the scroll over ${task.source}.`, 'redo', 'The partition is moved again.')
  const status = remoteStatus(whole)
  if (status === 401 || status === 403)
    return remote(
      `are refused (${status}) by the source at`,
      "Check the source's user or key; it needs the cluster privilege monitor and read on the index.",
    )
  if (status === 404)
    return make(
      'index-unknown',
      `The source at ${host} has no index ${task.source}.`,
      'fatal',
      'Check that remoteHost leads to the source cluster, and that the index was not deleted.',
    )
  if (/s_s_l|ssl|certificat|certpath|pkix/i.test(said))
    return remote(
      'do not trust, or do not speak TLS with, the source at',
      `Put the source's CA file on every node of the target, name it there in reindex.ssl.certificate_authorities, and restart them; the host in ${host} must be one that the certificate names.`,
    )
  if (
    /connect_exception|unknown_host|timeout|no_route|refused|unresolved|connection_closed|connection is closed|reset/i.test(said)
  )
    return remote(
      'cannot reach the source at',
      `Open the way from every node of the target to ${host}, or give the address under which they know it with --remote-host.`,
    )
  if (said.includes('remote is likely not an Elasticsearch instance') || said.includes('No search type for'))
    return make(
      'unsupported',
      'The target cannot read from a source of that version.',
      'fatal',
      'Copy with the engine stream, which reads every version: --engine stream.',
    )
  if (error.type === 'illegal_argument_exception' || error.type?.includes('parse'))
    return make('request-refused', `The target refuses the _reindex of ${task.source}.`, 'fatal', streamInstead)
  return make(
    'unavailable',
    `The _reindex of ${task.source} broke off.`,
    'retry',
    `Look at the health and the logs of both clusters. ${streamInstead}`,
  )
}

const streamInstead =
  'Where it stays so, the engine stream needs nothing of the target but _bulk: --engine stream under another --name.'

/** With the line of the settings file. */
function notAllowed({ target, host }: Place, said: string): ShardferryError {
  const hostAndPort = host.replace(/^https?:\/\//, '').split('/')[0]
  return new ShardferryError(
    'reindex-not-allowed',
    `The target's nodes may not read from ${hostAndPort} by _reindex. (${said})`,
    {
      hint: `Put this line into ${target.flavor}.yml of every node of the target and restart them, as it is a static setting: ${allowListSetting(target.flavor)}: ["${hostAndPort}"] . Names are compared as texts: localhost is not 127.0.0.1.`,
    },
  )
}

/** An error and its causes. */
function chain(error: ServerReason): ServerReason[] {
  const links: ServerReason[] = []
  for (let link: ServerReason | undefined = error; link; link = link.caused_by) links.push(link)
  return links
}

/** Long reasons quote the source's whole answer. */
function shortened(reason: string): string {
  return reason.length > 300 ? `${reason.slice(0, 300)} …` : reason
}

/** The status of the source's answer, which the reason quotes. */
function remoteStatus(said: string): number | undefined {
  const status = /"status":(\d{3})|status line \[HTTP\/\d\.\d (\d{3})/.exec(said)
  return status ? Number(status[1] ?? status[2]) : undefined
}
