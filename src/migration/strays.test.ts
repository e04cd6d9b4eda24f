import { expect, test } from 'vitest'
import { ask, both, equalSoon, followsAs, journaled, moved, put, unblocked, use } from '../../test/support/changes.ts'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import { until } from '../../test/support/until.ts'
import { ShardferryError } from '../model/errors.ts'
import { runMigration } from './run-migration.ts'
import { Strays } from './strays.ts'

test('what an application that was forgotten writes to the side that was left is counted; what is carried over to there is not', async () => {
  const f = await fakeMigration(both)
  const stop = new AbortController()
  const m = f.process()
  const running = runMigration(m, stop.signal).catch((thrown: unknown) => thrown)
  const strays = (): number | undefined => m.shown.current?.tally.strays.total
  await followsAs(f, 'first')
  await use(f, 'source', 'one')
  expect(strays()).toBeUndefined()
  ask(f)
  await journaled(f, 'cut-over')
  moved(f)
  await unblocked(f, 'source')
  await use(f, 'target', 'two')
  await equalSoon(f, 'after the cutover')
  const looks = (): number => f.source.requests.filter(({ path }) => path.startsWith('/cities/_stats')).length
  const before = looks()
  await until('another look', () => Promise.resolve(looks() > before + 1 || undefined))
  expect(strays()).toBe(0)
  await put(f.source.url, 'cities', 'd20', 'late')
  await put(f.source.url, 'cities', 'stray', 'late')
  await until('them to be counted', () => Promise.resolve(strays() === 2 || undefined))
  stop.abort(new ShardferryError('stopped', 'Stopped.'))
  expect(await running).toMatchObject({ code: 'stopped' })
})

test('counting begins anew with each change of direction, and takes no operations of our own for others', () => {
  const strays = new Strays()
  const at = (maxSeqNo: number): readonly { shard: number; maxSeqNo: number; deletes: number }[][] => [
    [{ shard: 0, maxSeqNo, deletes: 0 }],
  ]
  strays.looked(1, at(9), 0)
  strays.made(5)
  strays.looked(1, at(14), 1)
  expect(strays.total).toBe(0)
  strays.looked(1, at(17), 2)
  expect(strays.total).toBe(3)
  expect([strays.isDue(1, 3), strays.isDue(1, 60_002), strays.isDue(2, 3)]).toEqual([false, true, true])
  strays.looked(2, at(17), 3)
  expect(strays.total).toBe(0)
})
