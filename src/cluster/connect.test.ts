import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connectionSettings, connectTo, send } from '../../test/contract/connect-to.ts'
import { startFake } from '../../test/fake/fake.ts'
import type { FakeCluster } from '../../test/fake/fake.ts'
import type { Auth, ConnectionSettings } from '../model/connection.ts'
import { Secret } from '../model/secret.ts'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'
import { openConnection } from './connect.ts'
import { identify } from './identify.ts'
import { json } from './json.ts'

const never = new AbortController().signal
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function fakes(count: number): Promise<FakeCluster[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startFake()))
  closing.push(...started.map(fake => () => fake.close()))
  return started
}

function open(settings: Partial<ConnectionSettings> & { addresses: readonly string[] }, now?: () => number): Connection {
  const connection = openConnection({ ...connectionSettings(''), ...settings }, now)
  closing.push(() => connection.close())
  return connection
}

function get(connection: Connection, more: Partial<ClusterRequest> = {}): Promise<Answer> {
  return connection.exchange({ method: 'GET', path: '/', signal: never, ...more })
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

/** An address that answers as the listener says. */
async function answering(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createHttpServer(listener))}`
}

/** An address where nothing listens any more. */
async function closedAddress(): Promise<string> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

test('nodes are used in turn', async () => {
  const nodes = await fakes(3)
  const connection = open({ addresses: nodes.map(node => node.url) })
  for (let i = 0; i < 6; i++) await get(connection)
  expect(nodes.map(node => node.requests.length)).toEqual([2, 2, 2])
  expect(connection.requestsSent).toBe(6)
})

test('a node that fails is left alone for some seconds, and every other one is tried before giving up', async () => {
  const [up] = await fakes(1)
  const down = await closedAddress()
  let nowMs = 0
  const connection = open({ addresses: [down, up!.url] }, () => nowMs)
  for (let i = 0; i < 4; i++) expect((await get(connection)).status).toBe(200)
  expect(connection.requestsSent).toBe(5)
  nowMs += 6_000
  for (let i = 0; i < 2; i++) await get(connection)
  expect(connection.requestsSent).toBe(8)
  await up!.close()
  await expect(get(connection)).rejects.toMatchObject({ code: 'unreachable', recovery: 'retry' })
})

test('a request that may be sent once only is not sent to another node once it may have arrived', async () => {
  const nodes = await fakes(2)
  for (const node of nodes) node.faults.push({ effect: { reset: 'after' } })
  const connection = open({ addresses: nodes.map(node => node.url) })
  await expect(get(connection, { once: true })).rejects.toMatchObject({ code: 'unavailable', recovery: 'retry' })
  expect(nodes.reduce((sum, node) => sum + node.requests.length, 0)).toBe(1)
})

test('but it is where it cannot have arrived', async () => {
  const [up] = await fakes(1)
  const connection = open({ addresses: [await closedAddress(), up!.url] })
  expect((await get(connection, { once: true })).status).toBe(200)
})

test('an answer with tens of thousands of characters of deprecation warnings is an answer', async () => {
  const address = await answering((_request, response) => {
    const warning = `299 Elasticsearch-7.17.29 "${'this is deprecated '.repeat(50)}"`
    response.setHeader(
      'warning',
      Array.from({ length: 80 }, () => warning),
    )
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  expect((await get(open({ addresses: [address] }))).status).toBe(200)
})

test('path prefixes, queries and bodies arrive as they are', async () => {
  const seen: string[] = []
  const address = await answering((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers['content-type']} ${Buffer.concat(chunks).toString()}`)
      response.end('{}')
    })
  })
  const connection = open({ addresses: [`${address}/search/`] })
  await get(connection, { path: '/a%2Fb/_count', query: { q: 'a&b=é', none: undefined, size: 5 } })
  await get(connection, { method: 'POST', body: { a: 1 } })
  await get(connection, { method: 'POST', body: Buffer.from('{}\n') })
  expect(seen).toEqual([
    'GET /search/a%2Fb/_count?q=a%26b%3D%C3%A9&size=5 undefined ',
    'POST /search/ application/json {"a":1}',
    'POST /search/ application/x-ndjson {}\n',
  ])
})

const kinds: readonly [Auth, string][] = [
  [{ kind: 'basic', username: 'ferry', password: new Secret('p:ä') }, `Basic ${Buffer.from('ferry:p:ä').toString('base64')}`],
  [{ kind: 'api-key', key: new Secret('aWQ6a2V5') }, 'ApiKey aWQ6a2V5'],
  [{ kind: 'bearer', token: new Secret('token') }, 'Bearer token'],
]

test.each(kinds)('credentials are sent with every request: %j', async (auth, header) => {
  const [fake] = await fakes(1)
  await get(open({ addresses: [fake!.url], auth }))
  expect(fake!.requests[0]?.headers.authorization).toBe(header)
})

test('an answer larger than asked for is given up, whether its length was announced or not', async () => {
  const body = 'x'.repeat(3_000_000)
  const announced = await answering((_, response) => response.setHeader('content-length', body.length).end(body))
  const chunked = await answering((_, response) => response.write(body, () => response.end()))
  for (const address of [announced, chunked]) {
    const connection = open({ addresses: [address] })
    await expect(get(connection, { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'page-too-large', recovery: 'redo' })
    const whole = await get(connection, { maxBytes: 3_000_000 })
    expect(Buffer.from(whole.body).equals(Buffer.from(body))).toBe(true)
    whole.release()
  }
})

test('memory that was given back is used again, and never by two answers at once', async () => {
  const address = await answering((request, response) => response.end((request.url ?? '').slice(1).repeat(400_000)))
  const connection = open({ addresses: [address] })
  const letters = ['a', 'b', 'c', 'd']
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(letters.map(letter => get(connection, { path: `/${letter}` })))
    answers.forEach((answer, i) => expect(answer.body.every(byte => byte === letters[i]!.charCodeAt(0))).toBe(true))
    for (const answer of answers) {
      answer.release()
      answer.release()
    }
  }
})

test('an abort gives up a request that waits for its answer', async () => {
  const [fake] = await fakes(1)
  fake!.faults.push({ effect: { hang: true } })
  const stop = new AbortController()
  const connection = open({ addresses: [fake!.url] })
  const answer = get(connection, { signal: stop.signal })
  while (fake!.requests.length === 0) await new Promise(setImmediate)
  stop.abort(new Error('enough'))
  await expect(answer).rejects.toMatchObject({ code: 'stopped' })
  expect((await get(connection)).status).toBe(200)
})

test('an abort gives up a request that still waits for its connection', async () => {
  const silent = createServer()
  const port = await listening(silent)
  const stop = new AbortController()
  const answer = get(open({ addresses: [`https://127.0.0.1:${port}`] }), { signal: stop.signal })
  const [socket] = (await once(silent, 'connection')) as [Socket]
  stop.abort(new Error('enough'))
  await expect(answer).rejects.toMatchObject({ code: 'stopped' })
  // The handshake is still under way: nobody waited for its end.
  expect(socket.readyState).toBe('open')
})

test('a server that falls silent is given up after the timeout', async () => {
  const [fake] = await fakes(1)
  fake!.faults.push({ effect: { hang: true } })
  await expect(get(open({ addresses: [fake!.url] }), { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'unavailable',
    recovery: 'retry',
  })
})

test('a host name that does not resolve is told as such', async () => {
  await expect(get(open({ addresses: ['http://no-such-host.invalid:9200'] }))).rejects.toMatchObject({
    code: 'unknown-host',
    message: expect.stringContaining('no-such-host.invalid') as string,
  })
})

test('https where http is spoken is told as such', async () => {
  const [fake] = await fakes(1)
  await expect(get(open({ addresses: [fake!.url.replace('http:', 'https:')] }))).rejects.toMatchObject({
    code: 'wrong-protocol',
    hint: expect.stringContaining('http://') as string,
  })
})

test.each(['SSH-2.0-OpenSSH_9.6\r\n', 'This is not an HTTP port'])('a port that answers %j is told as such', async text => {
  const port = await listening(createServer(socket => socket.on('error', () => undefined).end(text)))
  await expect(get(open({ addresses: [`http://127.0.0.1:${port}`] }))).rejects.toMatchObject({
    code: 'wrong-protocol',
    recovery: 'fatal',
  })
})

test.each([
  ['a web page', '<html>welcome</html>', 200],
  ['another service', '{"name":"couchdb"}', 200],
])('%s is not taken for a cluster', async (_, body, status) => {
  const address = await answering((_request, response) => response.writeHead(status).end(body))
  await expect(connectTo(address)).rejects.toMatchObject({
    code: 'not-a-cluster',
    message: expect.stringContaining(address) as string,
  })
})

test.each([
  [401, 'unauthorized', 'fatal'],
  [403, 'forbidden', 'fatal'],
  [429, 'overloaded', 'retry'],
  [503, 'unavailable', 'retry'],
] as const)('a root that answers %d is told as %s', async (status, code, recovery) => {
  const [fake] = await fakes(1)
  fake!.faults.push({ path: /^\/$/, effect: { status, body: { error: 'no', status } } })
  await expect(connectTo(fake!.url)).rejects.toMatchObject({ code, recovery, status })
})

test('a node that refuses credentials which were accepted before, as one that starts does, is passed over for another', async () => {
  const [first, second] = await fakes(2)
  const connection = open({ addresses: [first!.url, second!.url] })
  expect((await get(connection)).status).toBe(200)
  second!.faults.push({ effect: { status: 401 } })
  expect((await get(connection, { once: true })).status).toBe(200)
  expect([first!.requests.length, second!.requests.length, second!.faults.hits]).toEqual([2, 1, 1])
})

const denied = { status: 403, body: { error: { type: 'security_exception', reason: 'action is unauthorized' }, status: 403 } }

test('a request that was allowed before and that a node refuses, as one that starts does, is sent to another', async () => {
  const [first, second] = await fakes(2)
  const connection = open({ addresses: [first!.url, second!.url] })
  expect((await get(connection)).status).toBe(200)
  second!.faults.push({ effect: denied })
  expect((await get(connection)).status).toBe(200)
  first!.faults.push({ effect: denied })
  await expect(get(connection, { once: true })).rejects.toMatchObject({ code: 'forbidden', recovery: 'retry', status: 403 })
  expect([first!.faults.hits, second!.faults.hits]).toEqual([1, 1])
})

test('a request that was never allowed is refused for good, and so is what a block forbids', async () => {
  const [fake] = await fakes(1)
  const connection = open({ addresses: [fake!.url] })
  await get(connection)
  const block = { type: 'cluster_block_exception', reason: 'read only' }
  for (const [effect, path] of [
    [denied, '/_cat/health'],
    [{ status: 403, body: { error: block, status: 403 } }, '/'],
  ] as const) {
    fake!.faults.push({ effect })
    expect((await get(connection, { path })).status).toBe(403)
  }
})

test('what is said of an answer names the node that gave it', async () => {
  const [first, second] = await fakes(2)
  const connection = open({ addresses: [first!.url, `${second!.url}/`] })
  const from = [await get(connection), await get(connection)].map(answer => answer.from)
  expect(from).toEqual([first!.url, second!.url])
  await get(connection)
  second!.faults.push({ effect: { status: 503 } })
  await expect(json(connection, { method: 'GET', path: '/', signal: never })).rejects.toMatchObject({
    message: expect.stringContaining(second!.url) as string,
  })
})

test('credentials that were accepted before, and that every node refuses, may be accepted again', async () => {
  const [fake] = await fakes(1)
  const connection = open({ addresses: [fake!.url] })
  await get(connection)
  fake!.faults.push({ effect: { status: 401 } })
  await expect(get(connection)).rejects.toMatchObject({ code: 'unauthorized', recovery: 'retry', status: 401 })
  expect((await get(connection)).status).toBe(200)
})

test.each([
  ['api-key', { kind: 'api-key', key: new Secret('k') }, /API key has expired or was revoked/],
  ['basic', { kind: 'basic', username: 'ferry', password: new Secret('p') }, /password of ferry was changed/],
] as const)('credentials (%s) that are refused for longer than a change takes are so for good', async (_kind, auth, hint) => {
  const [fake] = await fakes(1)
  let nowMs = 0
  const connection = open({ addresses: [fake!.url], auth }, () => nowMs)
  await get(connection)
  fake!.faults.push({ times: 3, effect: { status: 401 } })
  for (const [atMs, recovery] of [
    [1_000, 'retry'],
    [5_900, 'retry'],
    [6_000, 'fatal'],
  ] as const) {
    nowMs = atMs
    await expect(get(connection)).rejects.toMatchObject({ code: 'unauthorized', recovery })
  }
  expect((await get(connection)).status).toBe(200)
  // Accepted in between, they are given the same time again.
  nowMs = 60_000
  fake!.faults.push({ effect: { status: 401 } })
  await expect(get(connection)).rejects.toMatchObject({ recovery: 'retry', hint: expect.stringMatching(hint) as string })
})

test('a node that was away a moment ago may know nobody yet for longer', async () => {
  const [fake] = await fakes(1)
  let nowMs = 0
  const connection = open({ addresses: [fake!.url] }, () => nowMs)
  await get(connection)
  fake!.faults.push({ effect: { status: 503 } }, { after: 1, times: 3, effect: { status: 401 } })
  await get(connection)
  for (const [atMs, recovery] of [
    [0, 'retry'],
    [59_000, 'retry'],
    [60_000, 'fatal'],
  ] as const) {
    nowMs = atMs
    await expect(get(connection)).rejects.toMatchObject({ code: 'unauthorized', recovery })
  }
})

test.each([
  [
    { version: { number: '7.10.2', distribution: 'opensearch' }, tagline: 'The OpenSearch Project: https://opensearch.org/' },
    'opensearch',
  ],
  [{ version: { number: '7.10.2' }, tagline: 'The OpenSearch Project: https://opensearch.org/' }, 'opensearch'],
  [{ version: { number: '8.19.0' }, tagline: 'You Know, for Search' }, 'elasticsearch'],
  [{ version: { number: '5.6.16' }, tagline: 'You Know, for Search' }, 'elasticsearch'],
])('%j is %s', async (root, flavor) => {
  const address = await answering((request, response) => response.end(request.url === '/' ? JSON.stringify(root) : '{}'))
  const cluster = await connectTo(address)
  expect(cluster.identity.flavor).toBe(flavor)
})

test('OpenSearch that calls itself 7.10.2 tells its true version through its nodes', async () => {
  const root = { version: { number: '7.10.2' }, tagline: 'The OpenSearch Project: https://opensearch.org/' }
  const nodes = { nodes: { a: { version: '2.19.4' } } }
  const address = await answering((request, response) => response.end(JSON.stringify(request.url === '/' ? root : nodes)))
  expect((await connectTo(address)).identity.version).toEqual({ major: 2, minor: 19, patch: 4 })
})

test('credentials are in no error', async () => {
  const password = new Secret('Very-secret-1')
  const auth = { kind: 'basic', username: 'ferry', password } as const
  const [fake] = await fakes(1)
  fake!.faults.push({ effect: { reset: 'before' } }, { after: 1, effect: { status: 401 } })
  for (const addresses of [[fake!.url], [fake!.url], [await closedAddress()], ['http://no-such-host.invalid:9200']]) {
    const failure: unknown = await identify(open({ addresses, auth }), never).catch((thrown: unknown) => thrown)
    const told = `${JSON.stringify(failure, Object.getOwnPropertyNames(failure))} ${String((failure as Error).cause)} ${String(failure)}`
    expect(failure).toBeInstanceOf(Error)
    expect(told).not.toContain('Very-secret-1')
    expect(told).not.toContain(Buffer.from('ferry:Very-secret-1').toString('base64'))
  }
  await send(fake!.url, 'GET', '/')
})

test('a request may name its node, also one that was not given, and headers of its own; no other node gets it', async () => {
  const seen: string[] = []
  const record = (name: string) =>
    answering((request, response) => {
      seen.push(`${name} ${request.url} ${String(request.headers['x-opaque-id'])} ${String(request.headers.authorization)}`)
      response.end('{}')
    })
  const [first, second, other] = [await record('first'), await record('second'), await record('other')]
  const auth: Auth = { kind: 'bearer', token: new Secret('t') }
  const connection = open({ addresses: [first, `${second}/prefix`], auth })
  for (const at of [`${second}/prefix`, other, other]) await get(connection, { at, headers: { 'x-opaque-id': 'mark' } })
  expect(seen).toEqual(['second /prefix/ mark Bearer t', 'other / mark Bearer t', 'other / mark Bearer t'])
  await expect(get(connection, { at: await closedAddress() })).rejects.toMatchObject({ code: 'unreachable' })
  expect(seen).toHaveLength(3)
})
