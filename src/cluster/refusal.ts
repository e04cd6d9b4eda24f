import { ShardferryError } from '../model/errors.ts'
import type { ErrorCode, Recovery } from '../model/errors.ts'
import { indexPath } from './cluster.ts'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'

/** A server's error body, as both families write it. */
export interface ServerError {
  readonly type: string
  readonly reason: string
}

/** The error of an answer with a status of 400 and above, classified, with the server's own words. */
export function refusal(connection: Connection, request: ClusterRequest, answer: Answer): ShardferryError {
  const { type, reason } = serverError(answer)
  const place = `${connection.side} ${answer.from ?? connection.address}`
  const call = `${request.method} ${request.path}`
  const make = (code: ErrorCode, message: string, recovery: Recovery, hint?: string): ShardferryError =>
    new ShardferryError(code, message, {
      recovery,
      status: answer.status,
      serverType: type,
      ...(hint === undefined ? {} : { hint }),
    })
  switch (answer.status) {
    case 401:
      return make(
        'unauthorized',
        `The ${place} does not accept the credentials (401).`,
        'fatal',
        [`Check user name and password, or the key, of the ${connection.side}. ${reason}`.trim(), connection.loginNote ?? '']
          .filter(line => line !== '')
          .join('\n'),
      )
    case 403:
      if (type === 'cluster_block_exception') return blocked(connection.side, place, reason, answer.status)
      return make(
        'forbidden',
        `The ${place} refuses ${call}: ${reason || 'forbidden (403)'}`,
        'fatal',
        privilegeHint(reason, connection.side),
      )
    case 413:
      return make(
        'payload-too-large',
        `The ${place} takes no request of that size (413).`,
        'fatal',
        'Raise http.max_content_length on its nodes, or leave the document out.',
      )
    case 429:
      if (type === 'cluster_block_exception') return blocked(connection.side, place, reason, answer.status)
      return make(
        'overloaded',
        `The ${place} is overloaded (429): ${reason || 'no reason given'}`,
        'retry',
        'Lower --width, or wait until the cluster has less to do, and run the same command again.',
      )
    case 404:
      if (type === 'search_context_missing_exception')
        return make('cursor-lost', `The ${place} no longer has the scroll that was being read.`, 'redo')
      return make(
        type === 'index_not_found_exception' ? 'index-unknown' : 'request-refused',
        `The ${place} answers 404 to ${call}: ${reason || 'not found'}`,
        'fatal',
      )
    default:
      if (answer.status >= 500)
        return make(
          'unavailable',
          `The ${place} answers ${answer.status} to ${call}: ${reason || 'no reason given'}`,
          'retry',
          'Look at the health and the log of that cluster; then run the same command again.',
        )
      return make(
        'request-refused',
        `The ${place} refuses ${call} (${answer.status}): ${type ? `${type}: ` : ''}${reason}`,
        'fatal',
      )
  }
}

/** `index [cities] blocked by: [FORBIDDEN/9/index metadata (api)];` */
const unreadable = /index \[([^\]]+)\] blocked by: \[FORBIDDEN\/(?:7|9)\/index (read|metadata)/

export function unblockCall(index: string, block: string): string {
  return `PUT /${indexPath(index)}/_settings {"index.blocks.${block}":null}`
}

/** The block that keeps anybody from reading an index, where that is what the error says. */
export function unreadableBy(error: unknown): 'read' | 'metadata' | undefined {
  if (!(error instanceof ShardferryError) || error.serverType !== 'cluster_block_exception') return undefined
  return unreadable.exec(error.message)?.[2] as 'read' | 'metadata' | undefined
}

function blocked(side: string, place: string, reason: string, status: number): ShardferryError {
  const [, index = '', block] = unreadable.exec(reason) ?? []
  if (block !== undefined)
    return new ShardferryError(
      'request-refused',
      `The ${place} lets nobody read the ${block === 'read' ? 'documents' : 'settings and mappings'} of ${index}: ${reason}`,
      {
        recovery: 'retry',
        status,
        serverType: 'cluster_block_exception',
        hint: `Take the block away, on the ${side}:\n${unblockCall(index, block)}\nOr leave the index out: --index '*,-${index}'`,
      },
    )
  return new ShardferryError('target-blocked', `The ${place} blocks writes: ${reason}`, {
    recovery: 'retry',
    status,
    serverType: 'cluster_block_exception',
    hint: 'Free disk space or add a node (flood stage), or remove the block: PUT INDEX/_settings {"index.blocks.read_only_allow_delete": null}. The job waits and goes on by itself.',
  })
}

/** Type and reason of an error body; empty strings where there is none (413, proxies). */
export function serverError(answer: Answer): ServerError {
  try {
    const body = JSON.parse(new TextDecoder().decode(answer.body)) as {
      error?:
        | string
        | {
            type?: string
            reason?: string
            root_cause?: { type?: string; reason?: string }[]
            failed_shards?: { reason?: ServerError }[]
            caused_by?: ServerError
          }
      message?: string
    }
    if (typeof body.error === 'string') return { type: '', reason: body.error }
    if (body.error === undefined) return { type: '', reason: body.message ?? '' }
    const root = body.error.root_cause?.[0] ?? body.error.failed_shards?.[0]?.reason
    const cause = body.error.caused_by?.reason
    const type = body.error.type === 'search_phase_execution_exception' ? (root?.type ?? body.error.type) : body.error.type
    const reason =
      body.error.type === 'search_phase_execution_exception' ? (root?.reason ?? body.error.reason) : body.error.reason
    return {
      type: type ?? '',
      reason: cause !== undefined && !(reason ?? '').includes(cause) ? `${reason ?? ''} (${cause})` : (reason ?? ''),
    }
  } catch {
    return { type: '', reason: new TextDecoder().decode(answer.body.subarray(0, 200)).replaceAll(/\s+/g, ' ').trim() }
  }
}

/** An error as servers nest them. */
export interface ServerReason {
  readonly type?: string
  readonly reason?: string
  readonly caused_by?: ServerReason
}

/** An error body with its causes; what is no such body counts as a reason. */
export function nestedError(answer: Answer): ServerReason {
  try {
    const { error } = JSON.parse(new TextDecoder().decode(answer.body)) as { error?: string | ServerReason }
    if (typeof error === 'string') return { reason: error }
    return error ?? {}
  } catch {
    return { reason: serverError(answer).reason }
  }
}

/** The innermost reason of an error body: what the outer ones only wrap. */
export function innermostReason(answer: Answer): string {
  let cause = nestedError(answer)
  while (cause.caused_by !== undefined) cause = cause.caused_by
  return cause.reason ?? ''
}

/** Which privilege allows an action, in each family's words: X-Pack's index privileges, the OpenSearch security plugin's action groups. */
const privileges: readonly (readonly [action: RegExp, xpack: string, opensearch: string])[] = [
  [/indices:monitor\/stats/, 'index privilege `monitor`', 'action group `indices_monitor`'],
  [/indices:admin\/refresh/, 'index privilege `maintenance`', 'permission `indices:admin/refresh*`'],
  [
    /indices:data\/write\/bulk/,
    'index privilege `write`',
    'cluster action group `cluster_composite_ops` and index action group `write`',
  ],
  [/indices:data\/write/, 'index privilege `write`', 'index action group `write`'],
  [/indices:data\/read\/scroll/, 'index privilege `read`', 'cluster action group `cluster_composite_ops_ro`'],
  [/indices:data\/read/, 'index privilege `read`', 'index action group `read`'],
  [/indices:admin\/create/, 'index privilege `create_index`', 'index action group `create_index`'],
  [
    /indices:admin\/aliases\/get|indices:admin\/(get|mappings\/get)|indices:monitor\/settings\/get/,
    'index privilege `view_index_metadata`',
    'index permissions `indices:admin/get`, `indices:admin/aliases/get` and `indices:monitor/settings/get`',
  ],
  [
    /template\/(get|simulate|put|delete)|index_template/,
    'cluster privilege `manage_index_templates`',
    'cluster action group `cluster_manage_index_templates`',
  ],
  [
    /indices:admin\/resolve/,
    'index privilege `view_index_metadata`',
    'index action group `read`, and to list names the permission `indices:admin/resolve/index` on `*`',
  ],
  [/indices:admin/, 'index privilege `manage`', 'index action group `manage`'],
  [/cluster:monitor/, 'cluster privilege `monitor`', 'cluster action group `cluster_monitor`'],
]

function privilegeHint(reason: string, side: string): string {
  const found = privileges.find(([action]) => action.test(reason))
  if (!found) return `Give the ${side}'s user the privilege that the message names.`
  return `Give the ${side}'s user the ${found[1]} (Elasticsearch) or the ${found[2]} (OpenSearch).`
}
