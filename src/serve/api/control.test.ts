import { expect, test } from 'vitest'
import { holder } from '../../journal/sample-entries.test-part.ts'
import { Secret } from '../../model/secret.ts'
import { migrationIn, served } from '../serving.test-part.ts'

const at = '/api/v1/migrations/m'

test('a run of another process is asked by its journal, which says who asked', async () => {
  const { post, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  expect((await post(`${at}/pause`, {})).status).toBe(404)
  journal.hold(holder)
  expect((await post(`${at}/pause`, { reason: 'lunch' })).status).toBe(202)
  const entries = [...journal.entries()].map(({ entry }) => entry)
  expect(entries.slice(-2)).toEqual([
    { type: 'audited', by: 'local', did: 'pause', how: { reason: 'lunch' } },
    { type: 'asked', ask: { what: 'pause', reason: 'lunch' } },
  ])
})

test('a dry run of each says what it would do, and nothing is journaled', async () => {
  const { post, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  journal.hold(holder)
  const before = [...journal.entries()].length
  for (const action of ['pause', 'resume', 'cancel', 'rollback', 'complete']) {
    const answer = await post(`${at}/${action}`, { dryRun: true })
    expect({ action, status: answer.status }).toEqual({ action, status: 202 })
    expect(await answer.json()).toMatchObject({ action, dryRun: true })
  }
  expect((await post(`${at}/throttle`, { dryRun: true, width: 2 })).status).toBe(202)
  expect([...journal.entries()]).toHaveLength(before)
})

test('what cannot be taken back says which version it is for', async () => {
  const { get, post, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  for (const action of ['cutover', 'rollback', 'complete']) expect((await post(`${at}/${action}`, {})).status).toBe(428)
  const etag = (await get(at)).headers.get('etag')!
  journal.append({ type: 'asked', ask: { what: 'resume' } })
  expect((await post(`${at}/complete`, {}, { 'if-match': etag })).status).toBe(412)
  expect((await post(`${at}/pause`, {}, { 'if-match': etag })).status).toBe(412)
})

test('what a run gets on with leaves the version as it is', async () => {
  const { get, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  const etag = (await get(at)).headers.get('etag')
  journal.append({ type: 'round-closed', index: 'cities', round: 0 })
  expect((await get(at)).headers.get('etag')).toBe(etag)
})

test('a viewer looks and steers nothing; an operator steers and changes no connection', async () => {
  const [viewer, operator] = ['viewer-token-of-20-characters', 'operator-token-of-20-chars']
  const { url, get, post, stateFolder } = await served({
    tokens: [
      { role: 'viewer', token: new Secret(viewer) },
      { role: 'operator', token: new Secret(operator) },
    ],
  })
  migrationIn(stateFolder, 'm').hold(holder)
  const as = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })
  expect((await get(at, as(viewer))).status).toBe(200)
  expect((await get('/metrics', as(viewer))).status).toBe(200)
  for (const action of ['pause', 'resume', 'throttle', 'cancel', 'start', 'verify', 'cutover', 'moved', 'rollback', 'complete'])
    expect((await post(`${at}/${action}`, {}, as(viewer))).status).toBe(403)
  expect((await post('/api/v1/migrations', {}, as(viewer))).status).toBe(403)
  expect((await post(`${at}/pause`, {}, as(operator))).status).toBe(202)
  const connection = await fetch(`${url}/api/v1/connections/a`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...as(operator) },
    body: JSON.stringify({ url: 'http://a.example' }),
  })
  expect(connection.status).toBe(403)
})

test('a body that is not JSON, or too large, is refused', async () => {
  const { url, post, stateFolder } = await served()
  migrationIn(stateFolder, 'm').hold(holder)
  const form = await fetch(`${url}${at}/cancel`, { method: 'POST', body: 'dryRun=true' })
  expect(form.status).toBe(415)
  const broken = await fetch(`${url}${at}/cancel`, {
    method: 'POST',
    body: '{"dryRun": tru',
    headers: { 'content-type': 'application/json' },
  })
  expect(broken.status).toBe(400)
  expect((await post(`${at}/pause`, { unknown: 1 })).status).toBe(400)
  expect((await post(`${at}/pause`, { reason: 'x'.repeat(33 * 1024 * 1024) })).status).toBe(413)
  const headers = await fetch(`${url}${at}`, { headers: { 'x-large': 'x'.repeat(20_000) } }).then(
    ({ status }) => status,
    () => 431,
  )
  expect(headers).toBe(431)
})

test('where nothing is sent, what is usual counts', async () => {
  const { url, stateFolder } = await served()
  const journal = migrationIn(stateFolder, 'm')
  journal.hold(holder)
  const answer = await fetch(`${url}${at}/pause`, { method: 'POST' })
  expect(await answer.json()).toMatchObject({ action: 'pause', dryRun: false })
  expect([...journal.entries()].at(-1)?.entry).toEqual({ type: 'asked', ask: { what: 'pause', reason: 'paused by hand' } })
})

test('a migration that was started elsewhere is not started before it is told how its clusters are reached', async () => {
  const { post, stateFolder } = await served()
  migrationIn(stateFolder, 'm', { type: 'stopped', reason: 'Stopped by Ctrl-C.' })
  expect((await post(`${at}/start`, {})).status).toBe(409)
  expect((await post(`${at}/start`, { source: 'old', target: 'new' })).status).toBe(400)
  const dry = { dryRun: true, source: { url: 'http://a.example' }, target: { url: 'http://b.example' } }
  expect((await post(`${at}/start`, dry)).status).toBe(202)
})
