import { request } from 'node:http'
import { expect, test } from 'vitest'
import { Secret } from '../../model/secret.ts'
import { migrationIn, served } from '../serving.test-part.ts'

const viewer = 'viewer-token-of-20-characters'
const admin = 'admin-token-of-20-characters'
const tokens = [
  { role: 'viewer', token: new Secret(viewer) },
  { role: 'admin', token: new Secret(admin) },
] as const

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

/** `fetch` sets Host itself. */
function statusFor(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1/migrations`, { headers }, answer => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

test('without a token nothing is told but that the server is there', async () => {
  const { get } = await served({ tokens })
  expect((await get('/api/v1/migrations')).status).toBe(401)
  expect((await get('/api/v1/migrations', bearer(`${viewer}x`))).status).toBe(401)
  expect((await get('/api/v1/nothing')).status).toBe(401)
  expect((await get('/healthz')).status).toBe(200)
})

test('a token is taken as Bearer, as ApiKey and as the password of Basic, and nowhere else', async () => {
  const { get } = await served({ tokens })
  const basic = Buffer.from(`any:${viewer}`).toString('base64')
  for (const authorization of [`Bearer ${viewer}`, `ApiKey ${viewer}`, `Basic ${basic}`])
    expect((await get('/api/v1/migrations', { authorization })).status).toBe(200)
  expect((await get(`/api/v1/migrations?token=${viewer}`, { cookie: `token=${viewer}` })).status).toBe(401)
})

test('an address that keeps failing is not listened to, also with the right token', async () => {
  const { get } = await served({ tokens })
  for (let n = 0; n < 10; n++) await get('/api/v1/migrations', bearer(`wrong-${n}`))
  const refused = await get('/api/v1/migrations', bearer(viewer))
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a page of another origin gets nothing, whatever it sends', async () => {
  const { get, url } = await served()
  expect((await get('/api/v1/migrations', { origin: 'https://evil.example' })).status).toBe(403)
  expect((await get('/api/v1/migrations', { origin: 'null' })).status).toBe(403)
  expect((await get('/api/v1/migrations', { origin: url })).status).toBe(200)
  expect(await statusFor(url, { 'sec-fetch-site': 'cross-site' })).toBe(403)
})

test('a name that is not ours is not answered to', async () => {
  const { url } = await served({ hosts: ['ferry.example'] })
  const { port } = new URL(url)
  expect(await statusFor(url, { host: `evil.example:${port}` })).toBe(421)
  expect(await statusFor(url, { host: `ferry.example:${port}` })).toBe(200)
  expect(await statusFor(url, { host: `localhost:${port}` })).toBe(200)
})

test('answers let no inline script run, no other page frame them, and are kept nowhere', async () => {
  const { get, stateFolder } = await served()
  migrationIn(stateFolder, 'm')
  const { headers } = await get('/api/v1/migrations')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('content-security-policy')).not.toContain('unsafe-inline')
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('access-control-allow-origin')).toBeNull()
})
