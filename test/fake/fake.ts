// An Elasticsearch or OpenSearch cluster inside the test process, over plain HTTP, with faults on demand.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBody, RequestTooLarge } from './body.ts'
import { ApiError, plainError } from './errors.ts'
import { FaultPlan } from './faults.ts'
import type { ActiveFaults } from './faults.ts'
import type { Call, Reply } from './http.ts'
import { encodeReply, send } from './respond.ts'
import { findRoute } from './routes.ts'
import { Store } from './store.ts'

export interface FakeOptions {
  flavor?: 'elasticsearch' | 'opensearch'
  /** 7.10.2, or 2.19.4 for OpenSearch, when left out. */
  version?: string
  /** Of a decompressed request; 100 MB when left out. */
  maxContentBytes?: number
  /** False plays a cluster without sequence numbers: no `_seq_no` in hits, writes, searches and stats. */
  sequenceNumbers?: boolean
}

export interface RecordedRequest {
  method: string
  /** Path and query string as they came. */
  url: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Decompressed. Empty when the body was too large. */
  body: Buffer
  /** What was answered; undefined while nothing was, and for good when a fault cut the request off. */
  status?: number
}

export interface FakeCluster {
  url: string
  port: number
  /** Every request in the order its body arrived. */
  requests: RecordedRequest[]
  store: Store
  faults: FaultPlan
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startFake(options: FakeOptions = {}): Promise<FakeCluster> {
  const flavor = options.flavor ?? 'elasticsearch'
  const store = new Store({
    flavor,
    version: options.version ?? (flavor === 'elasticsearch' ? '7.10.2' : '2.19.4'),
    maxContentBytes: options.maxContentBytes ?? 104_857_600,
    sequenceNumbers: options.sequenceNumbers ?? true,
  })
  const requests: RecordedRequest[] = []
  const faults = new FaultPlan()
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    serve(request, response, { store, requests, faults }).catch(error => {
      // A client that hung up is part of the tests; anything else is a defect of the fake and has to be seen.
      if (!response.destroyed && !request.destroyed) console.error('fake cluster:', error)
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  store.address = `127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, port, requests, store, faults, close, [Symbol.asyncDispose]: close }
}

interface State {
  store: Store
  requests: RecordedRequest[]
  faults: FaultPlan
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = request.url ?? '/'
  const method = request.method ?? 'GET'
  const [path = '/', queryText = ''] = url.split(/\?(.*)/s)
  const query = new URLSearchParams(queryText)
  const recorded: RecordedRequest = { method, url, path, query, headers: request.headers, body: Buffer.alloc(0) }
  let reply: Reply | undefined
  try {
    recorded.body = await readBody(request, state.store.kind.maxContentBytes)
  } catch (error) {
    if (!(error instanceof RequestTooLarge)) throw error
    reply = { status: 413, body: undefined }
  }
  state.requests.push(recorded)
  const active = state.faults.take(method, url)
  if (!(await reachesTheServer(active, request, state.store))) return
  reply ??= execute(recorded, active, state.store)
  if (active.find('reset')?.reset === 'after') {
    request.socket.resetAndDestroy()
    return
  }
  recorded.status = reply.status
  await send(encodeReply(reply, recorded), active, request, response)
}

/** Plays what happens before a request is executed; false when that is the end of it. */
async function reachesTheServer(faults: ActiveFaults, request: IncomingMessage, store: Store): Promise<boolean> {
  if (faults.find('hang')) return false
  const delayMs = faults.find('delayMs')?.delayMs
  if (delayMs !== undefined) await sleep(delayMs)
  if (faults.find('reset')?.reset === 'before') {
    request.socket.resetAndDestroy()
    return false
  }
  if (faults.find('loseScrolls')) store.contexts.clear()
  return true
}

function execute(request: RecordedRequest, faults: ActiveFaults, store: Store): Reply {
  const { method, query, body, path } = request
  const refusal = faults.find('status')
  if (refusal) {
    return { status: refusal.status, body: refusal.body, ...(refusal.headers ? { headers: refusal.headers } : {}) }
  }
  const type = request.headers['content-type'] ?? ''
  if (body.length > 0 && !/^application\/(vnd\.elasticsearch\+)?(x-nd)?json/.test(type)) {
    return { status: 406, body: plainError(`Content-Type header [${type}] is not supported`, 406) }
  }
  const found = findRoute(method, path, store.kind.flavor)
  if ('allowed' in found) return notRouted(request, found.allowed)
  const call: Call = { method, params: found.params, query, body, store, faults }
  try {
    return found.handler(call)
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: error.body }
    throw error
  }
}

function notRouted({ method, url }: RecordedRequest, allowed: readonly string[]): Reply {
  if (allowed.length === 0) return { status: 400, body: { error: `no handler found for uri [${url}] and method [${method}]` } }
  const message = `Incorrect HTTP method for uri [${url}] and method [${method}], allowed: [${allowed.join(', ')}]`
  return { status: 405, body: plainError(message, 405), headers: { allow: allowed.join(',') } }
}
