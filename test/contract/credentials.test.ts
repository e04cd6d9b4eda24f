/** What secured servers answer to wrong credentials and missing privileges, and what a person is told of it. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { down, list, up } from '../../lab/cluster.ts'
import { bulk } from '../../src/cluster/bulk.ts'
import type { Cluster, Connection } from '../../src/cluster/cluster.ts'
import { openConnection } from '../../src/cluster/connect.ts'
import { identify } from '../../src/cluster/identify.ts'
import { json } from '../../src/cluster/json.ts'
import { firstPage } from '../../src/cluster/scroll.ts'
import { primaryTimes } from '../../src/cluster/primaries.ts'
import { count, indexUuid, primaryMarks, refresh } from '../../src/cluster/shards.ts'
import { nothingSorted, sortItems } from '../../src/copy/stream/sort-items.ts'
import type { Auth } from '../../src/model/connection.ts'
import { Secret } from '../../src/model/secret.ts'
import { connectionSettings } from './connect-to.ts'

const signal = new AbortController().signal
const password = 'Lonely-harbour-1'
const documents = [{ id: 'a', routing: undefined, version: 1n, source: Buffer.from('{}') }]

const servers = [
  {
    dist: 'elasticsearch-7.10.2',
    /** A user that may only ask what the cluster is, one that may only read the index, and one that may only see its figures. */
    addUsers: async (admin: Connection): Promise<void> => {
      const put = (path: string, body: object): Promise<unknown> => json(admin, { method: 'PUT', path, body, signal })
      await put('/_security/role/looker', { cluster: ['monitor'] })
      await put('/_security/role/reader', {
        cluster: ['monitor'],
        indices: [{ names: ['cities'], privileges: ['read', 'view_index_metadata'] }],
      })
      await put('/_security/role/watcher', {
        cluster: ['cluster:monitor/main'],
        indices: [{ names: ['cities'], privileges: ['monitor'] }],
      })
      await put('/_security/user/watcher', { password, roles: ['watcher'] })
      await put('/_security/user/looker', { password, roles: ['looker'] })
      await put('/_security/user/reader', { password, roles: ['reader'] })
    },
    index: 'index privilege',
  },
  {
    dist: 'opensearch-2.19.4',
    addUsers: async (admin: Connection): Promise<void> => {
      const api = '/_plugins/_security/api'
      const put = (path: string, body: object): Promise<unknown> => json(admin, { method: 'PUT', path: api + path, body, signal })
      await put('/roles/looker', { cluster_permissions: ['cluster_monitor'] })
      await put('/roles/reader', {
        cluster_permissions: ['cluster_monitor', 'cluster_composite_ops_ro'],
        index_permissions: [{ index_patterns: ['cities'], allowed_actions: ['read', 'indices:monitor/settings/get'] }],
      })
      await put('/roles/watcher', {
        cluster_permissions: ['cluster:monitor/main'],
        index_permissions: [{ index_patterns: ['cities'], allowed_actions: ['indices_monitor'] }],
      })
      for (const name of ['looker', 'reader', 'watcher']) {
        await put(`/internalusers/${name}`, { password })
        await put(`/rolesmapping/${name}`, { users: [name] })
      }
    },
    index: 'action group',
  },
] as const

for (const { dist, addUsers, index } of servers) {
  describe(`with a secured ${dist}`, () => {
    const name = `test-contract-secured-${dist.split('-')[0]}`
    let address: string
    let ca: string
    let admin: Connection
    const open: Connection[] = []

    function as(auth: Auth): Connection {
      const connection = openConnection({ ...connectionSettings(address, 'source', auth), tls: { verify: true, ca } })
      open.push(connection)
      return connection
    }
    function user(username: string, word = password): Promise<Cluster> {
      return identify(as({ kind: 'basic', username, password: new Secret(word) }), signal)
    }
    async function end(): Promise<void> {
      if (list().some(cluster => cluster.name === name)) await down(name)
    }

    beforeAll(async () => {
      await end()
      const cluster = await up({ name, dist, secure: true })
      address = cluster.urls[0] ?? ''
      ca = readFileSync(cluster.caPath ?? '', 'utf8')
      admin = as({ kind: 'basic', username: cluster.admin?.username ?? '', password: new Secret(cluster.admin?.password ?? '') })
      await json(admin, { method: 'PUT', path: '/cities', body: { settings: { number_of_replicas: 0 } }, signal })
      await addUsers(admin)
    })
    afterAll(async () => {
      for (const connection of open) await connection.close()
      await end()
    })

    test.each<[string, Auth]>([
      ['a wrong password', { kind: 'basic', username: 'looker', password: new Secret('wrong') }],
      ['an unknown user', { kind: 'basic', username: 'nobody', password: new Secret(password) }],
      ['no credentials', { kind: 'none' }],
      ['a key of nobody', { kind: 'api-key', key: new Secret('bm9ib2R5Om5vdGhpbmc=') }],
    ])('%s is unauthorized, for good', async (_, auth) => {
      await expect(identify(as(auth), signal)).rejects.toMatchObject({ code: 'unauthorized', recovery: 'fatal', status: 401 })
    })

    test('without the CA the server is not trusted, and nothing was sent', async () => {
      const connection = openConnection(connectionSettings(address))
      open.push(connection)
      await expect(identify(connection, signal)).rejects.toMatchObject({ code: 'tls-untrusted', recovery: 'fatal' })
    })

    test('http where TLS is spoken is told as such', async () => {
      const connection = openConnection(connectionSettings(address.replace('https:', 'http:')))
      open.push(connection)
      await expect(identify(connection, signal)).rejects.toMatchObject({ code: 'wrong-protocol' })
    })

    test('a missing privilege is forbidden, for good; the message names the action and the hint the privilege', async () => {
      const looker = await user('looker')
      const all = { match_all: {} }
      const limits = { shards: 1, maxBytes: Infinity }
      const needs = (action: RegExp, privilege: string): object => ({
        code: 'forbidden',
        recovery: 'fatal',
        status: 403,
        message: expect.stringMatching(action) as string,
        hint: expect.stringContaining(privilege) as string,
      })
      await expect(firstPage(looker, 'cities', { body: { query: all } }, limits, signal)).rejects.toMatchObject(
        needs(/indices:data\/read\/search/, index),
      )
      await expect(count(looker, 'cities', all, { shards: 1 }, signal)).rejects.toMatchObject(
        needs(/indices:data\/read\/search/, '`read`'),
      )
      await expect(indexUuid(looker, 'cities', signal)).rejects.toMatchObject(
        needs(/indices:monitor\/settings\/get/, '`view_index_metadata`'),
      )
      await expect(primaryMarks(looker, 'cities', 1, signal)).rejects.toMatchObject(needs(/indices:monitor\/stats/, 'monitor'))
      await expect(refresh(looker, 'cities', signal)).rejects.toMatchObject(needs(/indices:admin\/refresh/, 'refresh'))
    })

    test('whose primaries are whose is told by terms to one who may see the cluster, by copies to one who may see the index', async () => {
      expect((await primaryTimes(await user('looker'), 'cities', signal))?.get(0)).toMatch(/^term \d+$/)
      const watcher = await user('watcher')
      expect((await primaryTimes(watcher, 'cities', signal))?.get(0)).toMatch(/^on [\w-]+ since \d+$/)
      expect(await primaryMarks(watcher, 'cities', 1, signal)).toMatchObject([
        { primary: expect.stringContaining('since') as string },
      ])
    })

    test('a user that may read but not write reads, and is stopped at its first bulk request or item', async () => {
      const reader = await user('reader')
      expect(await count(reader, 'cities', { match_all: {} }, { shards: 1 }, signal)).toBe(0)
      expect(await indexUuid(reader, 'cities', signal)).toMatch(/^[\w-]{22}$/)
      const write = async (): Promise<void> =>
        sortItems(documents, await bulk(reader, 'cities', documents, signal), 'cities', nothingSorted())
      await expect(write()).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('indices:data/write/bulk') as string,
        hint: expect.stringContaining('`write`') as string,
      })
    })
  })
}
