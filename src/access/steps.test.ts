import { expect, test } from 'vitest'
import { elasticsearch, opensearch, tableCluster } from '../metadata/table-cluster.test-part.ts'
import type { Table, TableCluster } from '../metadata/table-cluster.test-part.ts'
import { marker } from './entities.ts'
import { accessKinds, entityStep } from './steps.ts'

const never = new AbortController().signal
const uuid = elasticsearch('7.10.2').clusterUuid
const path = '/_security/user/ferry'

function xPack(table: Table): TableCluster {
  return tableCluster(elasticsearch('7.10.2'), table, 'source')
}
function calls({ seen }: TableCluster): string[] {
  return seen.map(({ method }) => method)
}
const user = (cluster: TableCluster) => entityStep(cluster, 'user', 'ferry', () => ({ password: 'p', roles: ['ferry'] }))
const ours = { body: { ferry: { metadata: { shardferry: marker } } } }
const theirs = { body: { ferry: { metadata: {} } } }

test('a user that is there before is never captured, whoever made it', async () => {
  for (const found of [ours, theirs])
    await expect(user(xPack({ [`GET ${path}`]: found })).capture(never)).rejects.toMatchObject({
      code: 'access-exists',
      message: 'The source has a user named ferry already, which this migration did not make; it is left as it is.',
    })
})

test('a user that turns up between capture and apply is overwritten only if it carries the marker', async () => {
  const foreign = xPack({ [`GET ${path}`]: theirs })
  await expect(user(foreign).apply(never)).rejects.toMatchObject({ code: 'access-exists' })
  expect(calls(foreign)).toEqual(['GET'])
  const own = xPack({ [`GET ${path}`]: ours, [`PUT ${path}`]: { body: {} } })
  await user(own).apply(never)
  expect(own.seen[1]?.body).toEqual({ password: 'p', roles: ['ferry'], metadata: { shardferry: marker } })
})

test('what is undone is ours, on the cluster it was made on', async () => {
  const [source] = accessKinds('/nowhere')
  if (source?.atEnd !== 'undone') throw new Error('grants are undone')
  const undo = (cluster: TableCluster, saved: object) => source.undo(cluster, 'user/ferry', saved as never, never)
  expect(source.describe('user/ferry', null)).toBe('delete user ferry on the source')
  const elsewhere = xPack({ [`GET ${path}`]: ours })
  await expect(undo(elsewhere, { cluster: 'another' })).rejects.toMatchObject({ code: 'state-other' })
  expect(elsewhere.seen).toEqual([])
  const foreign = xPack({ [`GET ${path}`]: theirs })
  await expect(undo(foreign, { cluster: uuid })).rejects.toMatchObject({ code: 'access-exists' })
  expect(calls(foreign)).toEqual(['GET'])
  const gone = xPack({})
  await undo(gone, { cluster: uuid })
  expect(calls(gone)).toEqual(['GET'])
  const there = xPack({ [`GET ${path}`]: ours, [`DELETE ${path}`]: { body: {} } })
  await undo(there, { cluster: uuid })
  expect(calls(there)).toEqual(['GET', 'DELETE'])
})

test("the security plugin's entities are found where each keeps its marker", async () => {
  const api = '/_plugins/_security/api'
  const target = tableCluster(opensearch('2.19.4'), {
    [`GET ${api}/internalusers/ferry`]: { body: { ferry: { attributes: { shardferry: marker } } } },
    [`GET ${api}/roles/ferry`]: { body: { ferry: { description: marker } } },
    [`GET ${api}/rolesmapping/ferry`]: { body: { ferry: { description: 'their own' } } },
    [`PUT ${api}/internalusers/ferry`]: { body: {} },
    [`PUT ${api}/roles/ferry`]: { body: {} },
  })
  await entityStep(target, 'plugin-user', 'ferry', () => ({})).apply(never)
  await entityStep(target, 'plugin-role', 'ferry', () => ({})).apply(never)
  await expect(entityStep(target, 'plugin-mapping', 'ferry', () => ({})).apply(never)).rejects.toMatchObject({
    code: 'access-exists',
  })
})
