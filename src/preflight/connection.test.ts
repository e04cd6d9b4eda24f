import { expect, test } from 'vitest'
import { ShardferryError } from '../model/errors.ts'
import { blindly } from './blind.ts'
import { connection } from './connection.ts'
import { engines } from './engines.ts'
import { fakeCluster, forbidden, found, told } from './fake-answers.test-part.ts'
import { hosts } from './hosts.ts'
import { health } from './health.ts'
import { unconnected } from './unconnected.ts'
import { versions } from './versions.ts'
import { withoutRole } from './without-role.ts'

const signal = AbortSignal.timeout(5_000)
const dead = unconnected(
  'source',
  'https://old:9200',
  new ShardferryError('unreachable', 'It cannot be reached.', { hint: 'Start it.' }),
)

test('a cluster that could not be connected to is unknown with the reason, and the other side is looked at', async () => {
  const target = fakeCluster('target', 'opensearch 2.19.4', { 'GET /_cluster/health': { status: 'green', number_of_nodes: 1 } })
  for (const check of [versions, health]) {
    const findings = await found(check, { source: dead, target })
    expect(told(findings)).toEqual(['unknown source', 'ok target'])
    expect(findings[0]?.remedy).toBe('Start it.')
  }
  expect(await found(engines, { source: dead, target })).toEqual([])
})

test('what one address has answered, or not, is not asked again', async () => {
  const source = fakeCluster('source', 'elasticsearch 7.10.2')
  expect(told(await found(connection, { source }))).toEqual(['ok source', 'ok target'])
  expect(source.requests).toEqual([])
  expect((await found(connection, { source: dead }))[0]).toMatchObject({ severity: 'error', message: 'It cannot be reached.' })
})

const noMain = (user: string) =>
  new ShardferryError('forbidden', `no permissions for [cluster:monitor/main] and User [name=${user}, backend_roles=[]]`)
const infoOf = (roles: readonly string[]) =>
  fakeCluster('target', 'opensearch 2.19.4', { 'GET /_plugins/_security/authinfo': { user_name: 'writer', roles } })

test('a user of the security plugin without a role mapping is told from one whose roles lack a right', async () => {
  const none = await withoutRole(infoOf(['own_index']), { kind: 'none' }, noMain('writer'), signal)
  expect(none?.message).toContain('knows the user writer, but no role is mapped to it')
  expect(none?.hint).toContain('\nPUT /_plugins/_security/api/rolesmapping/ROLE {"users":["writer"]}')
  const some = await withoutRole(infoOf(['own_index', 'guide']), { kind: 'none' }, noMain('writer'), signal)
  expect(some?.hint).toContain('\nPATCH /_plugins/_security/api/roles/guide [{"op":"add"')
  expect(await withoutRole(infoOf([]), { kind: 'none' }, new ShardferryError('unauthorized', '401'), signal)).toBeUndefined()
})

test('a user who may not look at the target sees it as empty, and may still not write', async () => {
  const blind = blindly(fakeCluster('target', 'opensearch 2.19.4', { 'GET /a': forbidden, 'PUT /a': forbidden, 'GET /b': {} }))
  const status = async (method: 'GET' | 'PUT', path: string) => (await blind.exchange({ method, path, signal })).status
  expect([await status('GET', '/a'), await status('PUT', '/a'), await status('GET', '/b')]).toEqual([404, 403, 200])
  expect(blind.identity.version.major).toBe(2)
})

const node = (name: string, version: string, roles: readonly string[], at: string) => ({
  name,
  version,
  roles,
  http: { publish_address: at },
})

test('nodes are told with their roles and addresses, and the elected master among them; several versions are a warning', async () => {
  const nodes = {
    b: node('n10', '7.10.2', [], 'es-10/10.0.0.2:9200'),
    a: node('n2', '7.10.2', ['data', 'data_hot', 'master'], '10.0.0.1:9200'),
  }
  const cluster = (of: object) =>
    fakeCluster('source', 'elasticsearch 7.10.2', {
      'GET /_nodes/http': { nodes: of },
      'GET /_cluster/state/master_node': { master_node: 'a' },
    })
  const [one] = await found(hosts, { source: cluster(nodes) })
  expect(one).toMatchObject({ severity: 'info', about: 'source' })
  expect(one?.message).toBe(
    '2 nodes; the elected master is n2.\n  n2 10.0.0.1:9200: data, master (elected)\n  n10 es-10:9200: coordinating only',
  )
  const [mixed] = await found(hosts, { source: cluster({ ...nodes, c: node('n3', '7.17.0', ['data'], 'x') }) })
  expect(mixed).toMatchObject({ severity: 'warning', message: expect.stringContaining('7.10.2, 7.17.0') as string })
})
