/** The first questions to a remote, asked and failed at as a server's own `_reindex` does. */
import { STATUS_CODES } from 'node:http'
import { Said, plainError, wordsOf } from '../../cluster/words.ts'
import type { Words } from '../../cluster/words.ts'
import type { Answer, Cluster, ClusterRequest, Connection } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { parsed } from '../../cluster/json.ts'
import { identify } from '../../cluster/identify.ts'
import type { Json } from '../../model/plan.ts'
import { asShardferryError } from '../../model/errors.ts'
import { atLeast } from '../../model/version.ts'
import { addressOf } from './remotes.ts'
import type { Reindex } from './request.ts'

/** Learns what answers there. @throws Said */
export async function meet(connection: Connection, { remote }: Reindex, signal: AbortSignal): Promise<Cluster> {
  const request = { method: 'GET', path: '/', signal } as const
  const answer = await reached(connection, request)
  if (answer.status >= 400) throw new Said(refused(answer, 'GET', `${remote.pathPrefix}/`, remote))
  return await identify(connection, signal)
}

/** How many documents the request is about. @throws Said where the source refuses to search */
export async function countMatches(source: Cluster, reindex: Reindex, signal: AbortSignal): Promise<number> {
  const { query, fields, sort } = reindex
  const { flavor, version } = source.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  const path = `/${indexPath(reindex.indices)}/_search`
  const request: ClusterRequest = {
    method: 'POST',
    path,
    query: { allow_partial_search_results: flavor === 'opensearch' || atLeast(version, 6, 3) ? false : undefined },
    body: {
      // First, as servers send it: a message about it may name the place.
      query: query ?? { match_all: {} },
      ...(fields === undefined ? {} : { _source: fields }),
      ...(sort === undefined ? {} : { sort }),
      size: 0,
      ...(modern ? { track_total_hits: true } : {}),
    },
    signal,
  }
  const answer = await reached(source, request)
  if (answer.status >= 400) throw new Said(refused(answer, 'POST', uriOfServers(reindex), reindex.remote))
  const { hits } = parsed(source, request, answer) as { hits: { total: number | { value: number } } }
  return typeof hits.total === 'number' ? hits.total : hits.total.value
}

/** Where a server's own `_reindex` would have searched: it says so when that fails. */
function uriOfServers({ remote, indices, sort, size = 1_000, write }: Reindex): string {
  const names = indices.map(name => encodeURIComponent(name).replaceAll('%20', '+')).join(',')
  const query = [
    'scroll=5m',
    `sort=${encodeURIComponent(sorts(sort).join(','))}`,
    `size=${size}`,
    'allow_partial_search_results=false',
    `version=${write.versionType !== 'internal'}`,
  ]
  return `${remote.pathPrefix}/${names}/_search?${query.join('&')}`
}

function sorts(sort: Json | undefined): string[] {
  if (sort === undefined) return ['_doc:asc']
  const list: readonly Json[] = Array.isArray(sort) ? sort : [sort]
  return list.flatMap(one => {
    if (typeof one !== 'object' || one === null) return [`${one}:asc`]
    return Object.entries(one).map(([field, order]) => {
      const given = typeof order === 'string' ? order : (order as { order?: string } | null)?.order
      return `${field}:${given ?? 'asc'}`
    })
  })
}

async function reached(connection: Connection, request: ClusterRequest): Promise<Answer> {
  try {
    return await connection.exchange(request)
  } catch (thrown) {
    const error = asShardferryError(thrown)
    if (error.code === 'stopped') throw error
    const type = error.code === 'unknown-host' ? 'unknown_host_exception' : 'connect_exception'
    throw new Said({ status: 500, error: plainError(type, error.message) })
  }
}

/** What the remote said, in the wrapping that servers put around it. */
function refused(answer: Answer, method: string, uri: string, remote: Reindex['remote']): Words {
  const text = Buffer.from(answer.body).toString('utf8')
  const { origin } = new URL(addressOf(remote))
  const statusLine = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trim()
  const reason = `method [${method}], host [${origin}], URI [${uri}], status line [${statusLine}]\n${text}`
  const error = plainError('status_exception', `body=${text}`, { type: 'response_exception', reason })
  return { ...wordsOf(answer), error }
}
