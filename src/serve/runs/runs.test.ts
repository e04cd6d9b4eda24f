import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { send } from '../../../test/contract/connect-to.ts'
import { startFake } from '../../../test/fake/fake.ts'
import type { FakeCluster } from '../../../test/fake/fake.ts'
import { until } from '../../../test/support/until.ts'
import { Secret } from '../../model/secret.ts'
import { newStateFolder, served } from '../serving.test-part.ts'
import type { Served } from '../serving.test-part.ts'

const password = 'correct-horse-battery'

/** Two clusters, the source with `docs` documents in `cities`. */
async function clusters(docs = 40): Promise<{ source: FakeCluster; target: FakeCluster }> {
  const [source, target] = [await startFake(), await startFake({ flavor: 'opensearch' })]
  onTestFinished(async () => {
    await source.close()
    await target.close()
  })
  await send(source.url, 'PUT', '/cities', { settings: { number_of_shards: 1 } })
  const lines = Array.from({ length: docs }, (_, n) => `{"index":{"_id":"d${n}"}}\n{"n":${n}}\n`)
  await send(source.url, 'POST', '/cities/_bulk', lines.join(''))
  return { source, target }
}

function askFor({ source, target }: { source: FakeCluster; target: FakeCluster }, settings: object = {}): object {
  return {
    name: 'm',
    source: { url: source.url, username: 'reader', password },
    target: { url: target.url, username: 'writer', password },
    settings: { indices: ['cities'], ...settings },
  }
}

interface Shown {
  readonly state: string
  readonly version: number
  readonly here: boolean
  readonly error: unknown
  readonly report: { readonly verdict: string } | null
}

/** Asks until it is so. */
function whenShown(server: Served, what: string, wanted: (now: Shown) => boolean): Promise<Shown> {
  return until(what, async () => {
    const now = await shown(server)
    return wanted(now) ? now : undefined
  })
}

async function shown({ get }: Served): Promise<Shown> {
  return (await (await get('/api/v1/migrations/m')).json()) as Shown
}

test('a migration that is asked for is run to its account, and no secret is shown anywhere', async () => {
  const both = await clusters()
  const server = await served()
  const made = await server.post('/api/v1/migrations', askFor(both))
  expect({ status: made.status, body: await made.json() }).toMatchObject({ status: 201, body: { name: 'm' } })
  expect(made.headers.get('location')).toBe('/api/v1/migrations/m')
  const done = await whenShown(server, 'the account', ({ report }) => report !== null)
  expect(done).toMatchObject({ state: 'done', report: { verdict: 'exact' }, error: null })
  expect(both.target.store.index('cities').shards[0]?.live.size).toBe(40)

  const events = await (await server.get('/api/v1/migrations/m/events?limit=1000')).text()
  expect(events).toContain('"did":"create"')
  const plan = await (await server.get('/api/v1/migrations/m/plan')).text()
  const journal = readFileSync(join(server.stateFolder, 'm', 'journal.db'))
  for (const text of [events, plan, JSON.stringify(done), journal.toString('latin1')]) expect(text).not.toContain(password)
  expect(statSync(join(server.stateFolder, 'm', 'server.json')).mode & 0o777).toBe(0o600)
})

test('the same request with the same key makes one migration; another request with that key makes none', async () => {
  const both = await clusters()
  const server = await served()
  const key = { 'idempotency-key': 'k1' }
  expect((await server.post('/api/v1/migrations', askFor(both), key)).status).toBe(201)
  expect((await server.post('/api/v1/migrations', askFor(both), key)).status).toBe(200)
  expect((await server.post('/api/v1/migrations', askFor(both, { width: 2 }), key)).status).toBe(409)
  expect((await server.post('/api/v1/migrations', askFor(both))).status).toBe(409)
})

test('what was under way goes on when the server starts again', async () => {
  const both = await clusters(400)
  const stateFolder = newStateFolder()
  const first = await served({ stateFolder })
  await first.post('/api/v1/migrations', askFor(both, { docsPerSecond: 20, partitionDocs: 20, pageBytes: '1kb' }))
  await whenShown(first, 'it to run', ({ state }) => state === 'running')
  await first.server[Symbol.asyncDispose]()

  const second = await served({ stateFolder })
  expect(await shown(second)).toMatchObject({ here: true })
  await second.post('/api/v1/migrations/m/throttle', { docsPerSecond: 0 })
  const done = await whenShown(second, 'the account', ({ report }) => report !== null)
  expect(done).toMatchObject({ state: 'done', report: { verdict: 'exact' } })
})

test('what cannot be done is told by the migration, with what to do', async () => {
  const { source, target } = await clusters()
  const server = await served()
  const asked = { ...askFor({ source, target }), target: { url: 'http://127.0.0.1:9' } }
  expect((await server.post('/api/v1/migrations', asked)).status).toBe(201)
  const failed = await whenShown(server, 'the failure', ({ state }) => state === 'failed')
  expect(failed.error).toMatchObject({ code: 'unreachable', hint: expect.any(String) as string })
})

test('what is asked for is checked before it is taken on, and named by its key', async () => {
  const both = await clusters()
  const { post } = await served()
  const wrong = await post('/api/v1/migrations', askFor(both, { pageBytes: 'much' }))
  expect(await wrong.json()).toMatchObject({
    status: 400,
    code: 'settings-invalid',
    detail: expect.stringContaining('pageBytes') as string,
  })
  expect((await post('/api/v1/migrations', askFor(both, { pauseFile: '/etc/passwd' }))).status).toBe(400)
  const file = { ...askFor(both), source: { url: both.source.url, ca: '/etc/passwd' } }
  expect((await post('/api/v1/migrations', file)).status).toBe(400)
})

test('a connection is referred to by its name; its secrets go in and never come out', async () => {
  const both = await clusters()
  const server = await served({ tokens: [{ role: 'admin', token: new Secret('admin-token-of-20-characters') }] })
  const admin = { authorization: 'Bearer admin-token-of-20-characters' }
  const put = await fetch(`${server.url}/api/v1/connections/old`, {
    method: 'PUT',
    headers: { ...admin, 'content-type': 'application/json' },
    body: JSON.stringify({ url: both.source.url, username: 'reader', password }),
  })
  expect(put.status).toBe(204)
  const list = await (await server.get('/api/v1/connections', admin)).text()
  expect(JSON.parse(list)).toMatchObject({ connections: [{ name: 'old', username: 'reader', auth: 'basic' }] })
  expect(list).not.toContain(password)
  const found = await server.post('/api/v1/checks', { ...askFor(both), source: 'old' }, admin)
  expect(await found.json()).toMatchObject({ plan: { indices: [{ source: 'cities' }] } })
})
