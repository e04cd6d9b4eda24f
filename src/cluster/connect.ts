import { Pool } from 'undici'
import { steadyNow } from '../flow/steady-clock.ts'
import { ShardferryError } from '../model/errors.ts'
import type { Auth, ConnectionSettings } from '../model/connection.ts'
import { AcceptedBefore } from './accepted-before.ts'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'
import { exchangeOnce } from './exchange.ts'
import { certificateVerdict, connector, speaksTls } from './tls.ts'
import { wireFailure } from './wire-error.ts'

/** One address of a cluster, with its pool of connections and its state of health. */
interface Node {
  readonly address: string
  readonly pathPrefix: string
  readonly pool: Pool
  /** Left alone until then, unless no other is left. */
  downUntilMs: number
}

/**
 * Opens nothing yet: sockets are made with the first request. Nodes are used in turn; one that fails is left alone
 * for some seconds and the next is tried.
 */
export function openConnection(settings: ConnectionSettings, now: () => number = steadyNow): Connection {
  const connect = connector(settings.side, settings.tls, settings.requestTimeoutMs)
  const nodeOf = (address: string): Node => {
    const url = new URL(address)
    const pool = new Pool(url.origin, {
      connections: 64,
      pipelining: 1,
      connect,
      maxHeaderSize: 128 * 1024,
      keepAliveTimeout: 30_000,
    })
    const pathPrefix = url.pathname.replace(/\/+$/, '')
    return { address: url.origin + pathPrefix, pathPrefix, pool, downUntilMs: 0 }
  }
  const nodes = settings.addresses.map(nodeOf)
  /** Nodes that were not among the addresses given. */
  const others = new Map<string, Node>()
  const authorization = authorizationHeader(settings.auth)
  let turn = 0
  let requestsSent = 0
  const before = new AcceptedBefore(settings, now)

  const inOrder = (): Node[] => {
    const from = turn++ % nodes.length
    const rotated = [...nodes.slice(from), ...nodes.slice(0, from)]
    return rotated.sort((a, b) => Number(a.downUntilMs > now()) - Number(b.downUntilMs > now()))
  }

  const nodeAt = (address: string): Node => {
    const known = nodes.find(node => node.address === address.replace(/\/+$/, '')) ?? others.get(address)
    if (known) return known
    const node = nodeOf(address)
    others.set(address, node)
    return node
  }

  const exchange = async (request: ClusterRequest): Promise<Answer> => {
    const headers: Record<string, string> = { accept: 'application/json', ...authorization, ...request.headers }
    const body = encodeBody(request.body, headers)
    let failed: ShardferryError | undefined
    for (const node of request.at === undefined ? inOrder() : [nodeAt(request.at)]) {
      try {
        requestsSent++
        const answer = await exchangeOnce(node.pool, {
          method: request.method,
          path: node.pathPrefix + request.path + queryString(request.query),
          headers,
          body,
          timeoutMs:
            request.timeoutMs ??
            (before.anything ? settings.requestTimeoutMs : Math.min(settings.requestTimeoutMs, firstAnswerMs)),
          maxBytes: request.maxBytes ?? Infinity,
          signal: request.signal,
        })
        const whole = { ...answer, from: node.address }
        failed = before.refusedSince(request, whole)
        if (!failed) return whole
        answer.release()
        node.downUntilMs = now() + 5_000
        // Who may do it at all is asked when a request arrives; what it may do, on each shard, when others have moved on.
        if (request.once && answer.status === 403) throw failed
      } catch (thrown) {
        const failure = wireFailure(thrown, settings.side, node.address, settings.tls.cert !== undefined, request.signal)
        const puzzling = failure.error.code === 'unavailable' && !before.anything
        failed = puzzling ? await explained(failure.error, settings, node, request.signal) : failure.error
        if (failed.recovery !== 'retry') throw failed
        if (failed !== thrown) before.trouble()
        node.downUntilMs = now() + 5_000
        if (request.once && failure.sent) throw failed
      }
    }
    throw failed ?? new ShardferryError('settings-invalid', `The ${settings.side} has no address.`)
  }

  return {
    side: settings.side,
    address: settings.addresses[0] ?? '',
    ...(settings.loginNote === undefined ? {} : { loginNote: settings.loginNote }),
    get requestsSent() {
      return requestsSent
    },
    exchange,
    close: async () => {
      await Promise.all([...nodes, ...others.values()].map(node => node.pool.destroy()))
    },
  }
}

/** What has never answered is not waited for as long as a cluster that is known to have much to do. */
const firstAnswerMs = 30_000

/** A server that speaks TLS just hangs up on plain HTTP, or on a certificate it does not take; a second look tells that from an outage. */
async function explained(
  error: ShardferryError,
  settings: ConnectionSettings,
  node: Node,
  signal: AbortSignal,
): Promise<ShardferryError> {
  const url = new URL(node.address)
  if (url.protocol === 'https:') {
    const verdict = await certificateVerdict(url, settings.tls)
    const failure =
      verdict === undefined
        ? error
        : wireFailure(verdict, settings.side, node.address, settings.tls.cert !== undefined, signal).error
    return failure.code === 'unauthorized' ? failure : error
  }
  if (!(await speaksTls(url.hostname, Number(url.port || 80)))) return error
  return new ShardferryError('wrong-protocol', `The ${settings.side} at ${node.address} speaks TLS on that port.`, {
    hint: `Write https:// instead of http:// for the ${settings.side}.`,
  })
}

function authorizationHeader(auth: Auth): Record<string, string> {
  switch (auth.kind) {
    case 'none':
      return {}
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password.reveal()}`, 'utf8').toString('base64')}` }
    case 'api-key':
      return { authorization: `ApiKey ${auth.key.reveal()}` }
    case 'bearer':
      return { authorization: `Bearer ${auth.token.reveal()}` }
  }
}

function encodeBody(body: Uint8Array | object | undefined, headers: Record<string, string>): Uint8Array | string | undefined {
  if (body === undefined) return undefined
  if (body instanceof Uint8Array) {
    headers['content-type'] = 'application/x-ndjson'
    return body
  }
  headers['content-type'] = 'application/json'
  return JSON.stringify(body)
}

function queryString(query: ClusterRequest['query']): string {
  if (!query) return ''
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(String(value))}`],
  )
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
