import { allowListSetting } from '../../cluster/remote-source.ts'
import type { ServerReason } from '../../cluster/refusal.ts'
import { obstacleIn, saidBy } from '../../cluster/reindex-obstacle.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { ErrorCode, Recovery } from '../../model/errors.ts'
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
  const said = saidBy(error, 300)
  const make = (code: ErrorCode, message: string, recovery: Recovery, hint: string): ShardferryError =>
    new ShardferryError(code, `${message} (${said})`, { recovery, hint, serverType: error.type ?? '' })
  const remote = (what: string, hint: string): ShardferryError =>
    make('reindex-remote', `The target's nodes ${what} ${host}.`, place.hasRead ? 'retry' : 'fatal', hint)
  const obstacle = obstacleIn(error)
  switch (obstacle) {
    case 'not-allowed':
      return notAllowed(place, said)
    case 'cursor-lost':
      return make('cursor-lost', `The source lost the scroll over ${task.source}.`, 'redo', 'The partition is moved again.')
    case 'credentials':
    case 'privileges':
      return remote(
        `are refused (${obstacle === 'credentials' ? 401 : 403}) by the source at`,
        "Check the source's user or key; it needs the cluster privilege monitor and read on the index.",
      )
    case 'index-missing':
      return make(
        'index-unknown',
        `The source at ${host} has no index ${task.source}.`,
        'fatal',
        'Check that remoteHost leads to the source cluster, and that the index was not deleted.',
      )
    case 'ca':
      return remote(
        'do not trust the certificate of the source at',
        `Put the source's CA file on every node of the target, name it there in reindex.ssl.certificate_authorities, and restart them. ${allRemedies}`,
      )
    case 'expired':
      return remote(
        'find the certificate expired, or not valid yet, of the source at',
        `Renew it on the source's nodes, and look at the clocks of both clusters. ${allRemedies}`,
      )
    case 'host-name':
      return remote(
        'find another name in the certificate of the source at',
        `Give the source by a name that its certificate has, with --remote-host. ${allRemedies}`,
      )
    case 'scheme':
      // A node of the source that goes closes its connections too.
      if (!place.hasRead)
        return remote(
          'do not speak the same protocol as the source at',
          `Is it http or https? Say so with --remote-host. ${allRemedies}`,
        )
      return unreachable(remote, host)
    case 'unknown-host':
    case 'unreachable':
      return unreachable(remote, host)
    case 'incompatible':
      return make(
        'unsupported',
        'The target cannot read from a source of that version.',
        'fatal',
        'Copy with the engine stream, which reads every version: --engine stream.',
      )
    case undefined:
      if (error.type === 'illegal_argument_exception' || error.type?.includes('parse'))
        return make('request-refused', `The target refuses the _reindex of ${task.source}.`, 'fatal', streamInstead)
      return make(
        'unavailable',
        `The _reindex of ${task.source} broke off.`,
        'retry',
        `Look at the health and the logs of both clusters. ${streamInstead}`,
      )
  }
}

function unreachable(remote: (what: string, hint: string) => ShardferryError, host: string): ShardferryError {
  return remote(
    'cannot reach the source at',
    `Open the way from every node of the target to ${host}, or give the address under which they know it with --remote-host. ${allRemedies}`,
  )
}

const allRemedies = 'shardferry check --engine reindex asks the target itself, and gives the lines for each node.'

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
