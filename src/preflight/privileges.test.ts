import { expect, test } from 'vitest'
import type { ClusterRequest } from '../cluster/cluster.ts'
import { fakeCluster, found, planOf, task, told } from './fake-answers.test-part.ts'
import type { Said } from './fake-answers.test-part.ts'
import { privileges } from './privileges.ts'

const none: Said = [400, { error: 'no handler found for uri' }]
const openSource = fakeCluster('source', 'elasticsearch 7.10.2', { 'GET *': none })
const openTarget = fakeCluster('target', 'opensearch 2.19.4', { 'GET *': none })
const copied = planOf(task('a', { target: 'b', aliases: { nick: {} }, tuning: { 'index.refresh_interval': '-1' } }))

/** An X-Pack that grants what `has` says. */
function xpack(side: 'source' | 'target', has: (privilege: string) => boolean, rights: object = { indices: [] }) {
  const asked: string[] = []
  const cluster = fakeCluster(side, 'elasticsearch 7.10.2', {
    'GET /_security/_authenticate': { username: 'reader' },
    'GET /_security/user/_privileges': rights,
    'POST /_security/user/_has_privileges': (request: ClusterRequest) => {
      const body = request.body as { cluster: string[]; index: { names: string[]; privileges: string[] }[] }
      const answer = { cluster: {} as Record<string, boolean>, index: {} as Record<string, Record<string, boolean>> }
      for (const name of body.cluster) answer.cluster[name] = has(name)
      for (const { names, privileges } of body.index)
        for (const index of names)
          for (const privilege of privileges) {
            asked.push(`${privilege} ${index}`)
            ;(answer.index[index] ??= {})[privilege] = has(privilege)
          }
      return answer
    },
  })
  return { cluster, asked }
}

test('without security nothing is asked and everything may be done', async () => {
  const findings = await found(privileges, { source: openSource, target: openTarget, plan: copied })
  expect(told(findings)).toEqual(['ok source', 'ok target'])
  expect(openSource.requests).toEqual(['GET /_security/_authenticate', 'GET /_opendistro/_security/authinfo'])
})

test('a user with everything passes, and is asked for no more than the plan needs', async () => {
  const { cluster, asked } = xpack('target', () => true)
  const findings = await found(privileges, { source: openSource, target: cluster, plan: planOf(task('a', { target: 'b' })) })
  expect(told(findings)).toEqual(['ok source', 'ok target'])
  expect(asked.toSorted()).toEqual([
    'create_index b',
    'indices:admin/refresh b',
    'monitor b',
    'read b',
    'view_index_metadata b',
    'write b',
  ])
})

test('one finding for each missing privilege, saying what fails without it, and one role that grants all', async () => {
  const { cluster } = xpack('target', privilege => privilege === 'monitor' || privilege === 'view_index_metadata')
  const findings = (await found(privileges, { source: openSource, target: cluster, plan: copied })).slice(1)
  expect(told(findings)).toEqual([
    'info target',
    'warning target',
    'warning target',
    'error target',
    'error target',
    'error target',
    'error target',
    'warning target',
    'warning target',
  ])
  expect(findings.slice(1).map(({ message }) => /privileges? ([a-z_:/]*[a-z])/.exec(message)?.[1])).toEqual([
    'indices:admin/template/get',
    'cluster:admin/ingest/pipeline/get',
    'create_index',
    'write',
    'indices:admin/settings/update',
    'indices:admin/aliases',
    'maintenance',
    'read',
  ])
  expect(findings[0]?.message).toMatch(
    /^\w+ may look at version.*read settings, mappings and aliases, and read the shards' checkpoints\.$/,
  )
  expect(findings[5]?.message).toMatch(/ on b: .*--no-tune/)
  expect(findings[6]?.message).toMatch(/ on b and nick: .*aliases cannot be set/)
  const roles = findings.filter(({ remedy }) => remedy?.includes('\nPUT'))
  expect(roles).toHaveLength(1)
  expect(roles[0]?.remedy).toContain(
    '{"names":["b"],"privileges":["create_index","write","indices:admin/settings/update","indices:admin/aliases","monitor","maintenance","read"]}',
  )
})

test('a source user without monitor and maintenance is an error for sequence numbers, a warning for slices', async () => {
  const { cluster } = xpack('source', privilege => privilege === 'read' || privilege === 'view_index_metadata')
  const plan = planOf(task('a'), task('b', { read: { by: 'slices' } }))
  const findings = await found(privileges, { source: cluster, target: openTarget, plan })
  expect(told(findings)).toEqual([
    'info source',
    'warning source',
    'error source',
    'error source',
    'warning source',
    'warning source',
    'ok target',
  ])
  expect(findings[2]?.message).toContain('privilege monitor on a: ')
  expect(findings[2]?.message).toContain('--read-by slices')
  expect(findings[5]?.message).toContain('privilege maintenance on b: ')
})

test('a role that hides documents of a planned index is a warning, others are not', async () => {
  const rights = {
    indices: [
      { names: ['z*'], query: '{}' },
      { names: ['a*'], field_security: [{ grant: ['*'] }] },
    ],
  }
  const unhindered = xpack('source', () => true, rights).cluster
  expect(told(await found(privileges, { source: unhindered, target: openTarget, plan: copied }))[0]).toBe('ok source')
  const hindered = xpack('source', () => true, { indices: [{ names: ['a*'], query: '{"term":{"x":1}}' }] }).cluster
  const findings = await found(privileges, { source: hindered, target: openTarget, plan: copied })
  expect(findings[0]).toMatchObject({ severity: 'warning', message: expect.stringContaining('hides documents of a*') as string })
})

test('a licence without security, or security that is switched off, forbids nothing', async () => {
  const off: Said = [500, { error: { type: 'x', reason: 'Security must be explicitly enabled when using a [basic] license.' } }]
  const source = fakeCluster('source', 'elasticsearch 7.10.2', {
    'GET /_security/_authenticate': off,
    'GET /_opendistro/_security/authinfo': none,
  })
  expect(told(await found(privileges, { source, target: openTarget, plan: copied }))[0]).toBe('ok source')
})

const denied = (action: string): Said => [
  403,
  { error: { type: 'security_exception', reason: `no permissions for [${action}] and User [name=reader, backend_roles=[]]` } },
]
const authinfo = { 'GET /_plugins/_security/authinfo': { user_name: 'reader' } }

test('OpenSearch: each refused action is named with its index and a role and mapping to paste', async () => {
  const target = fakeCluster('target', 'opensearch 2.19.4', {
    ...authinfo,
    'PUT /b': denied('indices:admin/create'),
    'POST /_bulk': denied('indices:data/write/bulk'),
    'POST /b/_refresh': denied('indices:admin/refresh'),
  })
  const findings = (await found(privileges, { source: openSource, target, plan: copied })).slice(2)
  expect(findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'error: reader lacks the index permission indices:admin/create (in create_index) on b: the index cannot be made.',
    'error: reader lacks the cluster permission indices:data/write/bulk (in cluster_composite_ops): bulk requests are refused as a whole.',
    'warning: reader lacks the index permission indices:admin/refresh on b: the count at the end may lag behind what was written.',
  ])
  expect(findings[0]?.remedy).toContain('PUT /_plugins/_security/api/roles/shardferry_target {"cluster_permissions":')
  expect(findings[0]?.remedy).toContain('PUT /_plugins/_security/api/rolesmapping/shardferry_target {"users":["reader"]}')
})

test('OpenSearch: a block is not a missing permission, and an outage is unknown, not a pass', async () => {
  const blocked: Said = [429, { error: { type: 'cluster_block_exception', reason: 'index [b] blocked' } }]
  const full = fakeCluster('target', 'opensearch 2.19.4', { ...authinfo, 'POST /b/_update/*': blocked })
  expect(told(await found(privileges, { source: openSource, target: full, plan: copied }))).toEqual(['ok source', 'ok target'])
  const down = fakeCluster('target', 'opensearch 2.19.4', { ...authinfo, 'PUT /b': [503, {}] })
  expect(told(await found(privileges, { source: openSource, target: down, plan: copied }))).toEqual([
    'ok source',
    'unknown target',
  ])
})

test('OpenSearch: what is tried on the target cannot change it, allowed or not', async () => {
  const sent: ClusterRequest[] = []
  const record = (request: ClusterRequest): Said => {
    sent.push(request)
    return [404, {}]
  }
  const target = fakeCluster('target', 'opensearch 2.19.4', {
    ...authinfo,
    'POST *': record,
    'PUT *': record,
    'DELETE *': record,
  })
  await found(privileges, { source: openSource, target, plan: copied })
  const body = (call: string) => sent.find(({ method, path }) => `${method} ${path}` === call)
  expect(body('PUT /b')?.body).toMatchObject({ settings: { 'index.number_of_shards': 0 } })
  expect(body('PUT /b/_settings')?.body).toEqual({ 'index.shardferry_probe': true })
  expect(body('POST /b/_update/shardferry-probe')).toMatchObject({ query: { require_alias: true }, body: { doc: {} } })
  expect(body('POST /_bulk')?.query).toEqual({ require_alias: true })
  expect(body('POST /_aliases')?.body).toMatchObject({ actions: [{ remove: { must_exist: true } }] })
  expect(sent.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'POST /_aliases',
    'POST /_bulk',
    'POST /_index_template/_simulate_index/shardferry-probe',
    'POST /b/_refresh',
    'POST /b/_search',
    'POST /b/_update/shardferry-probe',
    'PUT /b',
    'PUT /b/_settings',
  ])
})

test('without a plan the privileges on indices are not called sufficient', async () => {
  const { cluster } = xpack('source', () => true)
  expect(told(await found(privileges, { source: cluster, target: openTarget }))).toEqual(['unknown source', 'ok target'])
})
