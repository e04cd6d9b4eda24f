import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../model/secret.ts'
import { safelyServed } from '../settings/serve-settings.ts'
import { newStateFolder, served } from './serving.test-part.ts'

const nothing = { tokens: {}, cert: undefined, key: undefined, clientCa: undefined, clients: {} }
const token = new Secret('admin-token-of-20-characters')

test('an address that other machines reach is not served without a token or client certificates', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(safelyServed({ ...nothing, host })).toEqual({ tokens: [] })
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'ferry.example'])
    expect(() => safelyServed({ ...nothing, host })).toThrow(/there is no token/)
  expect(safelyServed({ ...nothing, host: '0.0.0.0', tokens: { admin: token } }).tokens).toHaveLength(1)
  const certificates = { cert: 'pem', key: new Secret('pem'), clientCa: 'pem' }
  expect(safelyServed({ ...nothing, host: '0.0.0.0', ...certificates }).tls).toMatchObject({ clientCa: 'pem' })
})

test('a token that can be guessed, or is that of another role too, is refused and not repeated', () => {
  const short = { ...nothing, host: '127.0.0.1', tokens: { viewer: new Secret('short-secret') } }
  expect(() => safelyServed(short)).toThrow(/serve\.viewerToken is too short/)
  expect(() => safelyServed(short)).not.toThrow(/short-secret/)
  expect(() => safelyServed({ ...short, tokens: { viewer: token, admin: token } })).toThrow(/same token/)
})

test('two servers do not share a state folder', async () => {
  const stateFolder = newStateFolder()
  await served({ stateFolder })
  await expect(served({ stateFolder })).rejects.toMatchObject({
    code: 'state-held',
    message: expect.stringContaining('served') as string,
  })
})

test('a client that sends no whole request is let go', async () => {
  const { url } = await served({}, { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 50 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write('GET /api/v1/migrations HTTP/1.1\r\nHost: 127.0.0.1\r\n')
  let answer = ''
  socket.on('data', (text: Buffer) => (answer += text.toString()))
  await once(socket, 'close')
  expect(answer).toContain('408')
})

test('who has a certificate of the CA needs no token, and may do what was named for it', async () => {
  const files = certificates()
  const { url } = await served({
    tls: {
      cert: files.read('server.pem'),
      key: new Secret(files.read('server.key')),
      clientCa: files.read('ca.pem'),
      clients: { boss: 'admin' },
    },
  })
  const status = (path: string, method: string, who?: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const client = who === undefined ? {} : { cert: files.read(`${who}.pem`), key: files.read(`${who}.key`) }
      request(`${url}${path}`, { method, ca: files.read('ca.pem'), ...client }, answer => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
        .on('error', reject)
        .end()
    })
  expect(await status('/api/v1/migrations', 'GET')).toBe(401)
  expect(await status('/api/v1/migrations', 'GET', 'guest')).toBe(200)
  expect(await status('/api/v1/connections/a', 'DELETE', 'guest')).toBe(403)
  expect(await status('/api/v1/connections/a', 'DELETE', 'boss')).toBe(204)
  expect(await status('/api/v1/migrations', 'GET', 'stranger')).toBe(401)
})

/** A CA, what it has signed, and `stranger`, which has signed itself. */
function certificates(): { read: (file: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (line: string): void => void execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' })
  const key = (name: string): string => `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -subj /CN=${name}`
  openssl(`req -x509 ${key('ca')} -out ca.pem -days 2`)
  openssl(`req -x509 ${key('stranger')} -out stranger.pem -days 2`)
  for (const name of ['server', 'boss', 'guest'])
    openssl(`req -x509 ${key(name)} -out ${name}.pem -days 2 -CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1`)
  return { read: file => readFileSync(join(folder, file), 'utf8') }
}
