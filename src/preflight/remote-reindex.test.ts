import { expect, test } from 'vitest'
import type { ClusterRequest } from '../cluster/cluster.ts'
import type { UndoneKind } from '../cluster/step-kind.ts'
import { remoteHostOf } from '../cluster/remote-source.ts'
import { Secret } from '../model/secret.ts'
import { allows, nearMiss, readAllowLists } from './allow-lists.ts'
import { connections, fakeCluster, found, planOf, task } from './fake-answers.test-part.ts'
import type { Said } from './fake-answers.test-part.ts'
import { probeIndexOf, probeIndices, removeProbeIndex } from './probe-index.ts'
import { probeRemote } from './remote-probe.ts'
import { remoteReindex } from './remote-reindex.ts'
import { allowListRemedy } from './remote-remedy.ts'

const signal = AbortSignal.timeout(5_000)
const remote = { host: 'https://es:9200', hostPort: 'es:9200', auth: { kind: 'none' }, indices: ['a'] } as const
const target = (said: Said) => fakeCluster('target', 'opensearch 2.19.4', { 'POST /_reindex': said })
const refused = (type: string, reason: string, status = 500, cause?: object): Said => [
  status,
  { error: { type, reason, ...(cause === undefined ? {} : { caused_by: cause }) }, status },
]
const pkix = 'PKIX path building failed: unable to find valid certification path to requested target'
const expired = {
  type: 'validator_exception',
  reason: 'x',
  caused_by: { type: 'y', reason: 'NotAfter: Mon Nov 23 11:04:24 UTC 2026' },
}

// As Elasticsearch 7.10.2 and OpenSearch 2.19.4 answer.
test.each([
  ['not-allowed', refused('illegal_argument_exception', '[es:9200] not whitelisted in reindex.remote.whitelist', 400)],
  ['not-allowed', refused('illegal_argument_exception', '[es:9200] not allowlisted in reindex.remote.allowlist', 400)],
  ['unreachable', refused('connect_exception', 'Connection refused')],
  ['unknown-host', refused('unknown_host_exception', 'es: Name or service not known')],
  ['ca', refused('s_s_l_handshake_exception', pkix)],
  ['expired', refused('s_s_l_handshake_exception', 'PKIX path validation failed: validity check failed', 500, expired)],
  ['scheme', refused('s_s_l_exception', 'Unrecognized SSL message, plaintext connection?')],
  ['scheme', refused('connection_closed_exception', 'Connection is closed')],
  [
    'incompatible',
    refused('exception', "Response didn't include supported Content-Type, remote is likely not an OpenSearch instance"),
  ],
  ['credentials', refused('status_exception', 'body={"error":{"reason":"unable to authenticate user [e]"},"status":401}', 401)],
  ['privileges', refused('status_exception', 'body={"error":{"reason":"action [x] is unauthorized"},"status":403}', 403)],
  [
    'index-missing',
    refused('status_exception', 'body={"error":{"type":"index_not_found_exception","reason":"no such index [a]"}}', 404),
  ],
] as const)('%s is told from the words of the server', async (obstacle, said) => {
  expect(await probeRemote(target(said), remote, 'probe', signal)).toMatchObject({ obstacle })
})

test('what the target itself refuses is no obstacle of the source, and is thrown', async () => {
  const said = refused('security_exception', 'action [indices:data/write/reindex] is unauthorized for user [writer]', 403)
  await expect(probeRemote(target(said), remote, 'probe', signal)).rejects.toMatchObject({ code: 'forbidden' })
})

const anything = { ids: { values: ['shardferry-probe'] } }

test('the query matches nothing, credentials go as the server takes them, and without indices a missing one is proof enough', async () => {
  const sent: ClusterRequest[] = []
  const answer = (request: ClusterRequest): Said => {
    sent.push(request)
    return refused('status_exception', 'body={"error":{"type":"index_not_found_exception","reason":"no such index [p]"}}', 404)
  }
  const basic = { kind: 'basic', username: 'reader', password: new Secret('s3cret') } as const
  expect(await probeRemote(target(answer), { ...remote, auth: basic, indices: [] }, 'p', signal)).toEqual({
    obstacle: undefined,
    reason: '',
  })
  await probeRemote(target(answer), { ...remote, auth: { kind: 'api-key', key: new Secret('a2V5') } }, 'p', signal)
  expect(sent[0]?.body).toMatchObject({
    source: {
      remote: { host: 'https://es:9200', username: 'reader', password: 's3cret' },
      index: 'p',
      query: { bool: { filter: anything, must_not: anything } },
    },
    dest: { index: 'p' },
  })
  expect(sent[1]?.body).toMatchObject({ source: { index: ['a'], remote: { headers: { Authorization: 'ApiKey a2V5' } } } })
})

test('the port is written out, whatever the address leaves out', () => {
  const of = (address: string) => remoteHostOf({ ...connections.source, addresses: [address] }, undefined)
  expect(of('https://es.example:443/search/')).toEqual({ host: 'https://es.example:443/search', hostPort: 'es.example:443' })
  expect(of('http://es:9200')).toEqual({ host: 'http://es:9200', hostPort: 'es:9200' })
  expect(remoteHostOf(connections.source, 'https://inner:9201').hostPort).toBe('inner:9201')
})

test('an empty index that a probe left is removed by its name; one that stays is told with the reason', async () => {
  const there = { 'HEAD /p': {}, 'GET /p/_count': { count: 0 } }
  const gone = fakeCluster('target', 'opensearch 2.19.4', { ...there, 'DELETE /p': {} })
  await removeProbeIndex(gone, 'p', signal)
  expect(gone.requests).toEqual(['HEAD /p', 'GET /p/_count', 'DELETE /p'])
  const stays = fakeCluster('target', 'opensearch 2.19.4', { ...there, 'DELETE /p': refused('x', 'not allowed', 403) })
  await expect(removeProbeIndex(stays, 'p', signal)).rejects.toThrow('not allowed')
  const written = fakeCluster('target', 'opensearch 2.19.4', { ...there, 'GET /p/_count': { count: 1 } })
  await expect(removeProbeIndex(written, 'p', signal)).rejects.toThrow('holds documents')
  const never = fakeCluster('target', 'opensearch 2.19.4')
  await removeProbeIndex(never, 'p', signal)
  expect(never.requests).toEqual(['HEAD /p'])
})

test('two clusters have one name for it, on which complete takes it away from that target and no other', async () => {
  const index = probeIndexOf(fakeCluster('target', 'opensearch 2.19.4'), 'https://es:9200')
  expect(index).toMatch(/^shardferry-probe-[0-9a-f]{12}$/)
  expect(probeIndexOf(fakeCluster('target', 'opensearch 2.19.4'), 'https://es:9200')).toBe(index)
  expect(probeIndexOf(fakeCluster('target', 'opensearch 2.19.4'), 'https://es:9201')).not.toBe(index)
  const target = fakeCluster('target', 'opensearch 2.19.4')
  const undo = (uuid: string): Promise<void> => (probeIndices as UndoneKind).undo(target, index, uuid, signal)
  await undo('target-uuid')
  expect(target.requests).toEqual([`HEAD /${index}`])
  await expect(undo('another')).rejects.toMatchObject({ code: 'state-other' })
})

test('allow-lists are compared as texts; an entry that looks right is told', () => {
  const list = (...patterns: string[]) => ({ node: 'n', patterns })
  expect(allows(list('es:*'), 'es:9200')).toBe(true)
  expect(allows(list('e.:9200'), 'es:9200')).toBe(false)
  expect(allows(list('localhost:9200'), '127.0.0.1:9200')).toBe(false)
  expect(nearMiss(list('far:9200', 'localhost:9200'), '127.0.0.1:9200')).toBe('localhost:9200')
  expect(nearMiss(list('https://es:9200'), 'es:9200')).toBe('https://es:9200')
  expect(nearMiss(list('es'), 'es:9200')).toBe('es')
  expect(nearMiss(list('es:9300'), 'es:9200')).toBe('es:9300')
  expect(nearMiss(list('far:9200'), 'es:9200')).toBeUndefined()
})

test('the line is told for each node with what it lists already, under the name that the flavor gives it', async () => {
  const nodes = {
    b: { name: 'n10', settings: { reindex: { remote: { whitelist: 'old:9200' } } } },
    a: { name: 'n2', settings: { reindex: { remote: { allowlist: ['old:9200'] } } } },
    c: { name: 'n3' },
  }
  const lists = await readAllowLists(fakeCluster('target', 'opensearch 2.19.4', { 'GET /_nodes/settings': { nodes } }), signal)
  const text = allowListRemedy('opensearch', 'es:9200', lists)
  expect(text).toContain('In config/opensearch.yml of n2 and n10:\n  reindex.remote.allowlist: ["old:9200","es:9200"]\n')
  expect(text).toContain('In config/opensearch.yml of n3:\n  reindex.remote.allowlist: ["es:9200"]\n')
  expect(allowListRemedy('elasticsearch', 'es:9200', undefined)).toContain(
    'In config/elasticsearch.yml of every node of the target, besides what is listed there:\n  reindex.remote.whitelist: ["es:9200"]\n',
  )
})

test('it is looked at only for the engine reindex', async () => {
  expect(await found(remoteReindex, {})).toEqual([])
  expect(await found(remoteReindex, { engine: 'stream' })).toEqual([])
  // A plan file goes before the setting, both ways.
  expect(await found(remoteReindex, { engine: 'reindex', plan: planOf(task('a')) })).toEqual([])
})
