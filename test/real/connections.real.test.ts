/** Every way to reach a cluster and to be known there, against real ones: a copy comes through, or is refused before a secret leaves. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compare } from '../support/compare.ts'
import type { Comparison } from '../support/compare.ts'
import { load, people } from '../support/documents.ts'
import { startPair, stop } from '../support/pair.ts'
import type { Pair } from '../support/pair.ts'
import { ferryOf } from '../support/shardferry.ts'
import type { Environment } from '../support/shardferry.ts'
import type { SecuredSite } from '../support/site.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair('test-real-connections', {
    source: {
      settings: {
        'xpack.security.authc.token.enabled': true,
        'xpack.security.http.ssl.client_authentication': 'optional',
        'xpack.security.authc.realms.native.native1.order': 0,
        'xpack.security.authc.realms.pki.pki1.order': 1,
      },
    },
  })
  const { source } = pair
  // Certificates as users, and tokens, are not in the basic licence.
  await source.json('POST', '/_license/start_trial?acknowledge=true')
  await source.json('PUT', '/people', { settings: { number_of_shards: 1, number_of_replicas: 0 } })
  await load(source, 'people', people(50))
})
afterAll(() => stop('test-real-connections', pair?.source, pair?.target))

const nobody: Environment = {
  SHARDFERRY_SOURCE_USERNAME: undefined,
  SHARDFERRY_SOURCE_PASSWORD: undefined,
}
const nobodyThere: Environment = {
  SHARDFERRY_TARGET_USERNAME: undefined,
  SHARDFERRY_TARGET_PASSWORD: undefined,
}
let copies = 0

/** What a copy under these settings brings; no secret shows. */
async function arrived(env: Environment, secrets: readonly string[] = [], flags: readonly string[] = []): Promise<Comparison> {
  const target = `people-${++copies}`
  const { code, stdout, stderr } = await ferryOf(pair, env).run(['copy', '--index', 'people', '--rename', target, ...flags])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const secret of secrets) expect(stdout).not.toContain(secret)
  return await compare(pair, 'people', { target })
}
const everything = { documents: 50, differences: [] }

async function isRefused(env: Environment, code: string, message: RegExp, flags: readonly string[] = []): Promise<void> {
  const outcome = await ferryOf(pair, env).run(['copy', '--index', 'people', '--rename', 'people-never', ...flags])
  expect(outcome).toMatchObject({ code: 3, stderr: expect.stringContaining(`error [${code}]: `) as string })
  expect(outcome.stderr.replaceAll(/\s+/g, ' ')).toMatch(message)
  expect(outcome.stderr).not.toMatch(/\n\s+at /)
}

function pemOf(site: SecuredSite, name: string): string {
  return join(dirname(site.caPath), name)
}

/** Of the first certificate in a file: `AB:CD:…`. */
function fingerprintOf(file: string): string {
  return new X509Certificate(readFileSync(file)).fingerprint256
}

test("the CA's fingerprint, or that of the server's own certificate, is enough to trust a server", async () => {
  const byCa = (site: SecuredSite): string => fingerprintOf(site.caPath)
  expect(
    await arrived({
      SHARDFERRY_SOURCE_CA: undefined,
      SHARDFERRY_TARGET_CA: undefined,
      SHARDFERRY_SOURCE_FINGERPRINT: byCa(pair.source),
      SHARDFERRY_TARGET_FINGERPRINT: fingerprintOf(pemOf(pair.target, 'node.pem')).replaceAll(':', '').toLowerCase(),
    }),
  ).toEqual(everything)
})

test('a server with another fingerprint is not trusted: the message tells which ones it shows', async () => {
  const env = { SHARDFERRY_SOURCE_CA: undefined, SHARDFERRY_SOURCE_FINGERPRINT: fingerprintOf(pair.target.caPath) }
  const shown = fingerprintOf(pair.source.caPath).replaceAll(':', '').toLowerCase()
  await isRefused(
    env,
    'tls-untrusted',
    new RegExp(`^error.*The source's certificate chain .*${shown}.*openssl x509 -fingerprint`),
  )
})

test('a client certificate stands for a user on either side', async () => {
  await pair.source.json('PUT', '/_security/role_mapping/certificate', {
    roles: ['superuser'],
    enabled: true,
    rules: { field: { dn: 'CN=admin,O=lab' } },
  })
  const keys = [pair.source, pair.target].map(site => pemOf(site, 'admin.key'))
  expect(
    await arrived(
      {
        ...nobody,
        ...nobodyThere,
        SHARDFERRY_SOURCE_CERT: pemOf(pair.source, 'admin.pem'),
        SHARDFERRY_TARGET_CERT: pemOf(pair.target, 'admin.pem'),
        SHARDFERRY_TARGET_KEY: readFileSync(keys[1]!, 'utf8'),
      },
      keys.map(key => readFileSync(key, 'utf8').split('\n')[1] ?? ''),
      ['--source-key', `file:${keys[0]}`],
    ),
  ).toEqual(everything)
})

test('without a client certificate, or with one that the server does not trust, nobody is let in', async () => {
  await isRefused(nobody, 'unauthorized', /The source .*does not accept the credentials \(401\)/)
  const foreign = { ...nobody, SHARDFERRY_SOURCE_CERT: pemOf(pair.target, 'admin.pem') }
  const key = ['--source-key', `file:${pemOf(pair.target, 'admin.key')}`]
  await isRefused(foreign, 'unauthorized', /The source at .* does not accept the client certificate \(certificate unknown\)/, key)
})

test('an API key, as the two parts it is given in or encoded, stands for a user', async () => {
  const { id, api_key: key } = await pair.source.json<{ id: string; api_key: string }>('POST', '/_security/api_key', {
    name: 'ferry',
  })
  const encoded = Buffer.from(`${id}:${key}`).toString('base64')
  expect(await arrived({ ...nobody, SHARDFERRY_SOURCE_API_KEY: `${id}:${key}` }, [key, encoded])).toEqual(everything)
  const file = join(dirname(pair.source.caPath), 'api-key')
  writeFileSync(file, `${encoded}\n`)
  expect(await arrived(nobody, [key, encoded], ['--source-api-key', `file:${file}`])).toEqual(everything)
  await pair.source.json('DELETE', '/_security/api_key', { ids: [id] })
  await isRefused({ ...nobody, SHARDFERRY_SOURCE_API_KEY: encoded }, 'unauthorized', /The source .*\(401\)/)
})

/** OpenSearch takes bearer tokens too, but only those of an identity provider. */
test('a bearer token stands for a user', async () => {
  const { username, password } = pair.source.user
  const body = { grant_type: 'password', username, password }
  const { access_token: token } = await pair.source.json<{ access_token: string }>('POST', '/_security/oauth2/token', body)
  expect(await arrived({ ...nobody, SHARDFERRY_SOURCE_BEARER: token }, [token])).toEqual(everything)
})

test('clusters behind a path of a reverse proxy are reached by address and path', async () => {
  const source = await behindPath(pair.source, '/search/old')
  const target = await behindPath(pair.target, '/new')
  expect(
    await arrived({
      SHARDFERRY_SOURCE_URL: `${source.address}/`,
      SHARDFERRY_TARGET_URL: target.address,
      SHARDFERRY_SOURCE_CA: undefined,
      SHARDFERRY_TARGET_CA: undefined,
    }),
  ).toEqual(everything)
  expect([source.elsewhere, target.elsewhere]).toEqual([[], []])
  await isRefused(
    { SHARDFERRY_SOURCE_URL: source.address, SHARDFERRY_SOURCE_CA: undefined, SHARDFERRY_SOURCE_PASSWORD: 'Wrong-password-1' },
    'unauthorized',
    new RegExp(`The source ${source.address} does not accept`),
  )
})

interface Behind {
  readonly address: string
  /** Paths asked for that are not behind the prefix. */
  readonly elsewhere: string[]
}

/** A plain reverse proxy: what is below the prefix goes to the cluster, over TLS; all else is not found. */
async function behindPath(site: SecuredSite, prefix: string): Promise<Behind> {
  const ca = readFileSync(site.caPath)
  const elsewhere: string[] = []
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? ''
    if (!path.startsWith(`${prefix}/`)) {
      elsewhere.push(path)
      outgoing.writeHead(404).end()
      return
    }
    const { host: _host, ...headers }: IncomingHttpHeaders = incoming.headers
    const forwarded = httpsRequest(
      new URL(path.slice(prefix.length), site.urls),
      { ca, method: incoming.method, headers },
      answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`, elsewhere }
}
