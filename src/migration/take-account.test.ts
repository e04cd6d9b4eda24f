import { expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import type { Report } from '../model/report.ts'
import { runMigration } from './run-migration.ts'
import { takeAccount } from './take-account.ts'

const slices = { read: { by: 'slices', slices: 2 } } as const
const noRight = { status: 403, body: { error: { type: 'security_exception', reason: 'action [x] is unauthorized' } } }

/** Copies, lets something happen, and takes the account again. */
async function after(f: FakeMigration, happens: () => unknown): Promise<Report> {
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
  await happens()
  return await takeAccount(f.process(), never)
}

async function write(f: FakeMigration, path: string, body?: object): Promise<void> {
  await send(f.target.url, body === undefined ? 'DELETE' : 'PUT', path, body)
}

test('nothing happened: exact, without a doubt or a note', async () => {
  const f = await fakeMigration()
  expect(await after(f, () => undefined)).toMatchObject({
    verdict: 'exact',
    notes: [],
    indices: [{ sourceCount: 25, targetCount: 25, targetCountBefore: null, behind: 0, deletes: 0, doubts: [] }],
  })
})

test('a document that was written on the source since is behind', async () => {
  const f = await fakeMigration()
  expect(await after(f, () => f.write('new', 3))).toMatchObject({ verdict: 'differs', indices: [{ behind: 1, doubts: [] }] })
})

test('a document that was deleted on the source since is told, also where the counts agree again', async () => {
  const f = await fakeMigration()
  const report = await after(f, async () => {
    await f.remove(3)
    await write(f, '/towns/_doc/d3')
  })
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ deletes: 1, sourceCount: 24, targetCount: 24 }] })
  expect(report.notes).toEqual([expect.stringContaining('1 deletes'), expect.stringContaining('ahead')])
})

test.each([
  ['too few', '/towns/_doc/d3', undefined],
  ['too many', '/towns/_doc/own', {}],
] as const)('%s documents on a target that was made for the copy are not exact', async (_what, path, body) => {
  const f = await fakeMigration()
  expect(await after(f, () => write(f, path, body))).toMatchObject({ verdict: 'differs', indices: [{ behind: 0, deletes: 0 }] })
})

test('a side that may not be counted is not taken to be right', async () => {
  const f = await fakeMigration()
  const report = await after(f, () => f.target.faults.push({ path: /towns\/_count/, effect: noRight }))
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ sourceCount: 25, targetCount: null }] })
  expect(report.notes).toEqual([expect.stringContaining('could not be counted on the target')])
})

/** The account of a run that ended while an operation was above the checkpoint, which a change of primary then took back. */
async function afterLoss(f: FakeMigration): Promise<Report> {
  f.shard.checkpointLag = 1
  await f.write('lost', 3)
  await send(f.source.url, 'POST', '/cities/_refresh')
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'differs', indices: [{ behind: 1, doubts: [] }] })
  f.shard.failOver()
  return await takeAccount(f.process(), never)
}

test('a primary that changed before the reading was confirmed leaves a doubt that says what to do', async () => {
  const f = await fakeMigration()
  expect(await afterLoss(f)).toMatchObject({
    verdict: 'differs',
    indices: [{ behind: 0, doubts: [expect.stringContaining('run the same command again')] }],
  })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('a source that tells terms to nobody is asked since when its copies are there', async () => {
  const f = await fakeMigration()
  f.source.faults.push({ path: /_cluster\/state/, times: Infinity, effect: noRight })
  expect(await afterLoss(f)).toMatchObject({
    verdict: 'differs',
    notes: [],
    indices: [{ doubts: [expect.stringContaining('shard 0')] }],
  })
})

test('where the source does not tell its primaries at all, the account says so', async () => {
  const f = await fakeMigration()
  f.source.faults.push({ path: /_cluster\/state|_recovery/, times: Infinity, effect: noRight })
  const report = await after(f, () => undefined)
  expect(report).toMatchObject({ verdict: 'exact', notes: [expect.stringContaining('does not tell whether a primary changed')] })
})

test('an index read by slices is exact only while its operations are known not to have gone on', async () => {
  const f = await fakeMigration({ task: slices })
  expect((await after(f, () => undefined)).notes).toEqual([expect.stringContaining('nothing was written on the source')])
  await f.write('overwritten', 3)
  expect(await takeAccount(f.process(), never)).toMatchObject({
    verdict: 'differs',
    indices: [{ sourceCount: 25, targetCount: 25, behind: 0, doubts: [expect.stringContaining('was written to')] }],
  })
})

test('a source read by slices that does not tell its operations needs a write block from before the copy on', async () => {
  const f = await fakeMigration({ task: slices })
  f.source.faults.push({ path: /_stats/, times: Infinity, effect: noRight })
  const first = await runMigration(f.process(), never)
  expect(first).toMatchObject({ verdict: 'differs', indices: [{ doubts: [expect.stringContaining('nothing tells')] }] })
  await send(f.source.url, 'PUT', '/cities/_settings', { 'index.blocks.write': true })
  expect(await takeAccount(f.process(), never)).toMatchObject({ verdict: 'differs' })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 50 } })
  await send(f.source.url, 'PUT', '/cities/_settings', { 'index.blocks.write': null })
  expect(await takeAccount(f.process(), never)).toMatchObject({ verdict: 'differs' })
})

test('a source read by slices that may not be refreshed is in doubt', async () => {
  const f = await fakeMigration({ task: slices })
  f.source.faults.push({ path: /_refresh/, times: Infinity, effect: noRight })
  expect(await runMigration(f.process(), never)).toMatchObject({
    verdict: 'differs',
    indices: [{ doubts: [expect.stringContaining('maintenance')] }],
  })
})

/** With the application's versions, a document is copied in its third, deleted, and made anew in its first. */
async function madeAnew(f: FakeMigration): Promise<Report> {
  await f.write('second', 3)
  await f.write('third', 3)
  await runMigration(f.process(), never)
  await send(f.source.url, 'PUT', '/cities/_settings', { 'index.gc_deletes': '0ms' })
  await f.remove(3)
  await new Promise(resolve => setTimeout(resolve, 5))
  await f.write('anew', 3)
  return await runMigration(f.process(), never)
}

test("with the application's versions, a document made anew with a lower one arrives in an index that was made for the copy", async () => {
  const f = await fakeMigration({ task: { versionFrom: 'version' } })
  expect(await madeAnew(f)).toMatchObject({ verdict: 'exact', total: { alreadyNewer: 0 }, indices: [{ deletes: 1, doubts: [] }] })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('where it may meet a newer one that was there, a document made anew with a lower version is a doubt', async () => {
  const f = await fakeMigration({ task: { versionFrom: 'version', action: 'into-existing' } })
  const report = await madeAnew(f)
  expect(f.documents('target').get('d3')).toContain('third')
  expect(report).toMatchObject({
    verdict: 'differs',
    total: { alreadyNewer: 1 },
    indices: [{ doubts: [expect.stringContaining('made anew')] }],
  })
})

test('into an index that was there: how many arrived anew and how many met one of the same id is told, and no more', async () => {
  const f = await fakeMigration({ task: { action: 'into-existing' } })
  await write(f, '/towns/_doc/own', { mine: true })
  await write(f, '/towns/_doc/d3', { older: true })
  await send(f.target.url, 'PUT', '/towns/_doc/d4?version=1000&version_type=external', { newer: true })
  const report = await runMigration(f.process(), never)
  expect(report).toMatchObject({ verdict: 'exact', indices: [{ targetCountBefore: 3, targetCount: 26, sourceCount: 25 }] })
  expect(report.notes).toEqual([
    expect.stringContaining('held 3 documents before the copy and holds 26 now: 23 of those that arrived are new there, 2 met'),
  ])
  expect(report.notes[0]).toContain('1 of the documents read were not written')
})

test('into an index that was there: more documents than can have come, or fewer than there were, are not exact', async () => {
  const f = await fakeMigration({ task: { action: 'into-existing' } })
  await write(f, '/towns/_doc/own', { mine: true })
  const more = await after(f, () => write(f, '/towns/_doc/another', {}))
  expect(more).toMatchObject({ verdict: 'differs', indices: [{ targetCount: 27, targetCountBefore: 1, doubts: [] }] })
  const g = await fakeMigration({ docs: 1, task: { action: 'into-existing' } })
  for (let i = 0; i < 5; i++) await write(g, `/towns/_doc/own${i}`, {})
  const fewer = await after(g, async () => {
    for (let i = 0; i < 3; i++) await write(g, `/towns/_doc/own${i}`)
  })
  expect(fewer).toMatchObject({ verdict: 'differs', indices: [{ doubts: [expect.stringContaining('somebody else deletes')] }] })
})

test('a lower version that the target keeps is no doubt to the engine reindex, but only where it is known that nothing was deleted', async () => {
  const f = await fakeMigration({ task: { versionFrom: 'version', action: 'into-existing' } })
  await runMigration(f.process(), never)
  await send(f.target.url, 'PUT', '/towns/_doc/d3?version=100&version_type=external', { n: 3 })
  await f.write('second', 3)
  await runMigration(f.process(), never)
  const doubts = async (): Promise<readonly string[] | undefined> => {
    const tasks = [{ ...f.task, engine: 'reindex' as const }]
    return (await takeAccount({ ...f.process(), tasks }, never)).indices[0]?.doubts
  }
  expect(await doubts()).toEqual([])
  // The shard moves: it counts anew, and what it counted before is forgotten.
  f.shard.indexTotal = 1
  expect(await doubts()).toEqual([expect.stringContaining('made anew')])
})
