import { expect, test } from 'vitest'
import { virtualWorld } from '../flow/virtual-world.test-part.ts'
import { elasticsearch, opensearch, tableCluster } from './table-cluster.test-part.ts'
import type { Reply } from './table-cluster.test-part.ts'
import { writeBlockStep } from './write-block.ts'

const signal = AbortSignal.timeout(10_000)
const restless = (): ReturnType<typeof virtualWorld> => virtualWorld({ restless: true })
const stats = (indexing: object): Reply => ({ body: { _all: { primaries: { indexing } } } })
const calls = ({ seen }: ReturnType<typeof tableCluster>): string[] => seen.map(({ method, path }) => `${method} ${path}`)

test.each([elasticsearch('7.10.2'), opensearch('2.19.4')])(
  'where the server has a block of its own, it alone is asked for: what was under way is over when it answers',
  async identity => {
    const cluster = tableCluster(identity, {
      'PUT /cities/_block/write': { body: { acknowledged: true, shards_acknowledged: true } },
    })
    await writeBlockStep(cluster, 'cities', restless()).apply(signal)
    expect(calls(cluster)).toEqual(['PUT /cities/_block/write'])
  },
)

test.each([elasticsearch('7.8.1'), elasticsearch('6.8.23'), elasticsearch('5.6.16')])(
  'before that, writes that were let through are waited for until none is under way and none has come for a while',
  async identity => {
    const cluster = tableCluster(identity, {
      'PUT /cities/_settings': { body: { acknowledged: true } },
      'GET /cities/_stats/indexing': [
        stats({ index_total: 7, delete_total: 1, index_current: 1 }),
        stats({ index_total: 7, delete_total: 1, delete_current: 1 }),
        stats({ index_total: 8, delete_total: 2 }),
        stats({ index_total: 8, delete_total: 2 }),
      ],
    })
    const world = restless()
    await writeBlockStep(cluster, 'cities', world).apply(signal)
    expect(calls(cluster)).toHaveLength(5)
    expect(world.naps).toEqual([1_000, 1_000, 1_000])
  },
)

test('a block that not every node knows of is not one, neither set nor lifted', async () => {
  const cluster = tableCluster(elasticsearch('6.8.23'), {
    'GET /cities/_settings/index.blocks.write': { body: { cities: { settings: {} } } },
    'PUT /cities/_settings': { body: { acknowledged: false } },
  })
  const step = writeBlockStep(cluster, 'cities', restless())
  const untold = { code: 'unavailable', recovery: 'retry' }
  await expect(step.apply(signal)).rejects.toMatchObject(untold)
  await expect(step.undo(null, signal)).rejects.toMatchObject(untold)
})
