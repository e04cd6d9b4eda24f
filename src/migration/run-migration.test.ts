import { expect, test } from 'vitest'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { send } from '../../test/contract/connect-to.ts'
import { never, virtualWorld } from '../flow/virtual-world.test-part.ts'
import { crashPoints } from '../model/crash-points.ts'
import type { CrashPoint } from '../model/crash-points.ts'
import { ShardferryError } from '../model/errors.ts'
import type { World } from '../model/ports.ts'
import { runMigration } from './run-migration.ts'

/** Acts at the nth time that a run passes a point. */
function worldThat(at: CrashPoint, act: () => void, nth = 1): World {
  let passed = 0
  return {
    ...virtualWorld({ restless: true }),
    reached: point => {
      if (point === at && ++passed === nth) act()
    },
  }
}

function tuningOf({ target }: FakeMigration): string | undefined {
  return target.store.index('towns').text('refresh_interval')
}

test('every document arrives, the tuning is given back, and the journal says so step by step', async () => {
  const f = await fakeMigration()
  expect(await runMigration(f.process(), never)).toMatchObject({
    verdict: 'exact',
    balanced: true,
    total: { read: 25, written: 25 },
  })
  expect(f.documents('target')).toEqual(f.documents('source'))
  expect(tuningOf(f)).toBeUndefined()
  const types = f.types()
  const inOrder = ['captured', 'created', 'round-opened', 'settled', 'round-closed', 'undone', 'finished'] as const
  expect(inOrder.map(type => types.indexOf(type))).toEqual(inOrder.map(type => types.indexOf(type)).toSorted((a, b) => a - b))
  expect(types.at(-1)).toBe('finished')
})

test.each(crashPoints.filter(point => point !== 'plan-journaled'))(
  'after a crash at %s the same call ends exact, with the tuning given back',
  async crashAt => {
    const f = await fakeMigration()
    // A crash inside a partition is a failure of that partition, until the run is over.
    await expect(runMigration(f.process(virtualWorld({ restless: true, crashAt })), never)).rejects.toBeInstanceOf(Error)
    expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
    expect(f.documents('target')).toEqual(f.documents('source'))
    expect(tuningOf(f)).toBeUndefined()
  },
)

test('a finished migration that is run again brings what was written since, and nothing else', async () => {
  const f = await fakeMigration()
  await runMigration(f.process(), never)
  await f.write('second', 3, 100)
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 27 } })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('an operation that a change of primary takes back during a run hides nothing: the run reads it again and ends exact', async () => {
  const f = await fakeMigration()
  await runMigration(f.process(), never)
  await f.write('kept', 1, 2)
  f.shard.checkpointLag = 2
  await f.write('lost', 1, 2)
  await send(f.source.url, 'POST', '/cities/_refresh')
  const report = await runMigration(f.process(worldThat('round-closed', () => f.shard.failOver())), never)
  expect(f.documents('source').get('d1')).toContain('kept')
  expect(f.documents('target')).toEqual(f.documents('source'))
  expect(report).toMatchObject({ verdict: 'exact', notes: [expect.stringContaining('read again')] })
})

test('the same between two runs', async () => {
  const f = await fakeMigration()
  await runMigration(f.process(), never)
  await f.write('kept', 1, 2)
  f.shard.checkpointLag = 2
  await f.write('lost', 1, 2)
  await send(f.source.url, 'POST', '/cities/_refresh')
  await expect(runMigration(f.process(virtualWorld({ restless: true, crashAt: 'round-closed' })), never)).rejects.toThrow(
    'round-closed',
  )
  f.shard.failOver()
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('the same in the middle of a round: only what had been read before is read again', async () => {
  const f = await fakeMigration({ docs: 60, copy: { partitionDocs: 5 } })
  f.shard.checkpointLag = 1
  await f.write('lost', 2)
  await send(f.source.url, 'POST', '/cities/_refresh')
  // A look a minute: the first finds the operation under way, the later ones the new primary.
  const world = virtualWorld({ restless: true })
  let settled = 0
  const changing: World = {
    ...world,
    now: () => 100_000 * settled,
    reached: point => {
      if (point === 'partition-settled' && ++settled === 3) f.shard.failOver()
    },
  }
  const report = await runMigration(f.process(changing), never)
  expect(f.documents('source').get('d2')).toContain('first')
  expect(f.documents('target')).toEqual(f.documents('source'))
  expect(report).toMatchObject({ verdict: 'exact' })
  expect(report.total.read).toBeGreaterThan(60)
  expect(report.total.read).toBeLessThan(90)
})

test('a change of primary after the last look is told by the account, and made good by the next run', async () => {
  const f = await fakeMigration()
  f.shard.checkpointLag = 1
  await f.write('lost', 3)
  await send(f.source.url, 'POST', '/cities/_refresh')
  const report = await runMigration(f.process(worldThat('tuning-restored', () => f.shard.failOver())), never)
  expect(report).toMatchObject({
    verdict: 'differs',
    indices: [{ doubts: [expect.stringContaining('shard 0 changed')], behind: 0 }],
  })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('a change of primary long after everything was confirmed costs nothing', async () => {
  const f = await fakeMigration()
  await runMigration(f.process(), never)
  f.shard.failOver()
  await f.write('later', 3)
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 26 }, notes: [] })
})

test('a source index that was made anew is not read on: the run fails, and nothing stays tuned', async () => {
  const f = await fakeMigration()
  await expect(
    runMigration(f.process(worldThat('round-opened', () => f.source.store.indices.delete('cities'))), never),
  ).rejects.toBeInstanceOf(ShardferryError)
  await send(f.source.url, 'PUT', '/cities', {})
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({ code: 'lineage-changed' })
  expect(f.journal.kept.at(-1)).toMatchObject({ type: 'failed', code: 'lineage-changed' })
  expect(tuningOf(f)).toBeUndefined()
})

test('a shard with a new history is not read on either', async () => {
  const f = await fakeMigration()
  await runMigration(f.process(), never)
  f.shard.historyUuid = 'another'
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({ code: 'lineage-changed' })
})

test('a target index that somebody deleted and made anew is never taken for the one that was filled', async () => {
  const f = await fakeMigration()
  await expect(
    runMigration(f.process(worldThat('round-closed', () => f.target.store.indices.delete('towns'))), never),
  ).rejects.toMatchObject({ code: 'target-changed' })
  expect(f.types().at(-1)).toBe('failed')
})

test('a cancelled run gives the tuning back and is stopped, not failed', async () => {
  const f = await fakeMigration()
  const world = worldThat('round-opened', () => f.journal.append({ type: 'asked', ask: { what: 'cancel' } }))
  f.source.faults.push({ path: /_search/, times: Infinity, effect: { delayMs: 1_500 } })
  await expect(runMigration(f.process(world), never)).rejects.toMatchObject({ code: 'stopped' })
  expect(f.journal.kept.at(-1)).toMatchObject({ type: 'stopped', reason: expect.stringContaining('Cancelled') as string })
  expect(tuningOf(f)).toBeUndefined()
  f.source.faults.clear()
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
})

test('an error of the source ends the run as failed, with its code; a journal that cannot be written ends it without a word in it', async () => {
  const f = await fakeMigration()
  f.source.faults.push({
    path: /_search/,
    times: Infinity,
    effect: { status: 403, body: { error: { type: 'security_exception', reason: 'no' } } },
  })
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({ code: 'forbidden' })
  expect(f.journal.kept.at(-1)).toMatchObject({ type: 'failed', code: 'forbidden' })
  f.source.faults.clear()
  f.journal.failAt = 'settled'
  const before = f.types().length
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({ code: 'state-unwritable' })
  expect(f.types().slice(before)).not.toContain('failed')
  delete f.journal.failAt
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
})

test('an index read by slices is read again by the same command when the source has changed, and only then', async () => {
  const f = await fakeMigration({ task: { read: { by: 'slices', slices: 2 } } })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 25 } })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 25 } })
  await f.write('second', 3)
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 50 } })
  expect(f.documents('target')).toEqual(f.documents('source'))
})
