import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { send } from '../../test/contract/connect-to.ts'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { never, virtualWorld } from '../flow/virtual-world.test-part.ts'
import { deletesCrashPoints } from '../model/crash-points.ts'
import type { Report } from '../model/report.ts'
import { runMigration } from './run-migration.ts'

const noRight = { status: 403, body: { error: { type: 'security_exception', reason: 'action [x] is unauthorized' } } }

const run = (f: FakeMigration): Promise<Report> => runMigration(f.process(), never)

/** Copies, deletes two documents and changes a third on the source, and runs again. */
async function deletesAndRuns(f: FakeMigration): Promise<Report> {
  await run(f)
  await f.remove(3)
  await f.remove(17)
  await f.write('changed', 4)
  return await run(f)
}

/** All is copied, and nobody has been told so. */
async function isKilledBeforeItsEnd(f: FakeMigration): Promise<void> {
  const dies = virtualWorld({ restless: true, crashAt: 'account-taken' })
  await expect(runMigration(f.process(dies), never)).rejects.toThrow('account-taken')
}

test('what was deleted on the source is deleted on the target, and the report is exact and says how many', async () => {
  const f = await fakeMigration()
  const report = await deletesAndRuns(f)
  expect(report).toMatchObject({
    verdict: 'exact',
    indices: [
      { deletes: 2, deleted: { state: 'carried', by: 'manifest', carried: 2, kept: 0 }, sourceCount: 23, targetCount: 23 },
    ],
    notes: [expect.stringContaining('deleted on the target: 2 (found by manifest)')],
  })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('what a run wrote whose end its journal did not take is deleted too where it is deleted before the next run', async () => {
  const f = await fakeMigration()
  const dies = virtualWorld({ restless: true, crashAt: 'manifest-kept' })
  await expect(runMigration(f.process(dies), never)).rejects.toThrow('manifest-kept')
  await f.remove(3)
  expect(await run(f)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('where nothing was deleted, nothing is looked at', async () => {
  const f = await fakeMigration()
  await run(f)
  await f.write('changed', 4)
  const before = f.types().length
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { state: 'none', carried: 0 } }], notes: [] })
  expect(f.types().slice(before)).not.toContain('deletes-carried')
})

test('a document made anew after its delete was carried over arrives, and is deleted again with the source', async () => {
  const f = await fakeMigration()
  await deletesAndRuns(f)
  await f.write('anew', 3)
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { carried: 2 } }] })
  expect(f.documents('target').get('d3')).toContain('anew')
  await f.remove(3)
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { carried: 2 } }] })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('deletes are carried over once in all, however often the same command runs', async () => {
  const f = await fakeMigration()
  await deletesAndRuns(f)
  await f.remove(5)
  for (const _ of [1, 2]) expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { carried: 3 } }] })
  expect(f.types().filter(type => type === 'deletes-carried').length).toBe(2)
})

test.each(deletesCrashPoints)('killed at %s, the next run carries the same deletes over and counts each once', async point => {
  const f = await fakeMigration()
  await run(f)
  await f.remove(3)
  await f.remove(17)
  await expect(runMigration(f.process(virtualWorld({ restless: true, crashAt: point })), never)).rejects.toThrow(point)
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { state: 'carried', carried: 2 } }] })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('a delete that is not safe yet is not carried over: its document may come back when the primary dies', async () => {
  const f = await fakeMigration()
  await run(f)
  f.shard.checkpointLag = 1
  await f.remove(3)
  await send(f.source.url, 'POST', '/cities/_refresh')
  const report = await run(f)
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'pending', carried: 0 } }] })
  expect(report.indices[0]?.doubts).toContainEqual(expect.stringContaining('asynchronous translog'))
  expect(f.documents('target').has('d3')).toBe(true)
  f.shard.failOver()
  expect(f.documents('source').has('d3')).toBe(true)
  expect(await run(f)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('with the versions of the application deletes are carried over too, and what is made anew at version 1 arrives', async () => {
  const f = await fakeMigration({ task: { versionFrom: 'version' } })
  await f.write('second', 3)
  expect(await deletesAndRuns(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { carried: 2 } }] })
  await send(f.source.url, 'PUT', '/cities/_settings', { 'index.gc_deletes': '0ms' })
  await new Promise(resolve => setTimeout(resolve, 5))
  await f.write('anew', 3)
  expect(await run(f)).toMatchObject({ verdict: 'exact' })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('into an index that was there, only what was copied is deleted: not what was there, and not what came since', async () => {
  const f = await fakeMigration({ task: { action: 'into-existing' } })
  const put = (path: string): Promise<unknown> => send(f.target.url, 'PUT', `/towns/_doc/${path}`, { own: true })
  await put('mine')
  // Newer than what is copied, so it stays; and one that is written to after the copy.
  await put('d3?version=1000&version_type=external')
  await run(f)
  await put('d4')
  for (const n of [3, 4, 5]) await f.remove(n)
  const report = await run(f)
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'carried', carried: 1, kept: 2 } }] })
  expect(report.indices[0]?.doubts).toContainEqual(expect.stringContaining('2 documents that the source has deleted stay'))
  const there = f.documents('target')
  expect(['mine', 'd3', 'd4'].map(id => there.get(id))).toEqual(Array(3).fill('{"own":true}'))
  expect(there.has('d5')).toBe(false)
})

test.each([
  ['read by slices', { read: { by: 'slices', slices: 2 }, deletes: { by: 'sweep', reason: '' } }],
  ['read by sequence numbers', { deletes: { by: 'sweep', reason: '' } }],
] as const)('a sweep carries deletes over where nothing is listed: %s', async (_what, task) => {
  const f = await fakeMigration({ task })
  await isKilledBeforeItsEnd(f)
  await f.remove(3)
  await f.remove(17)
  await f.write('changed', 4)
  expect(await run(f)).toMatchObject({
    verdict: 'exact',
    indices: [{ deleted: { state: 'carried', by: 'sweep', carried: 2 } }],
  })
  expect(f.documents('target')).toEqual(f.documents('source'))
})

test('what applications write to the target after a run that ended well is not swept away, and nor is anything later', async () => {
  const task = { read: { by: 'slices', slices: 2 }, deletes: { by: 'sweep', reason: '' } } as const
  const f = await fakeMigration({ task })
  await run(f)
  await send(f.target.url, 'PUT', '/towns/_doc/own', { mine: true })
  // As many as an application has written, so that numbers alone tell nothing.
  await f.remove(3)
  for (const _ of ['the first run after it', 'one after a run that did not end well']) {
    const report = await run(f)
    expect(report).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'pending', carried: 0 } }] })
    expect(JSON.stringify(report)).toContain('verify --repair')
    expect(['own', 'd3'].every(id => f.documents('target').has(id))).toBe(true)
  }
})

test('a document that somebody changed on the target after it was copied stays when the source deletes it', async () => {
  const f = await fakeMigration()
  await run(f)
  await send(f.target.url, 'PUT', '/towns/_doc/d3', { mine: true })
  await f.remove(3)
  expect(await run(f)).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'carried', carried: 0, kept: 1 } }] })
  expect(f.documents('target').has('d3')).toBe(true)
})

test('a document that was set aside, and written later, is deleted with the source', async () => {
  const f = await fakeMigration({ docs: 5 })
  await run(f)
  const [partition] = f.journal.kept.flatMap(entry => (entry.type === 'round-opened' ? entry.partitions : []))
  f.journal.append({ type: 'retried', partition: partition!.id, index: 'cities', written: 1, alreadyNewer: 0, remaining: 0 })
  const before = f.types().length
  await run(f)
  expect(f.types().slice(before)).not.toContain('deletes-carried')
  await f.remove(3)
  await run(f)
  f.journal.append({ type: 'retried', partition: partition!.id, index: 'cities', written: 1, alreadyNewer: 0, remaining: 0 })
  // It came back by the retry, although the source has it no more.
  await send(f.target.url, 'PUT', '/towns/_doc/d3?version=4&version_type=external', { late: true }).catch(() => undefined)
  await run(f)
  expect(
    f
      .types()
      .slice(before)
      .filter(type => type === 'deletes-carried').length,
  ).toBe(2)
  expect(f.documents('target').has('d3')).toBe(false)
})

test.each(['gone', 'damaged'])('manifests that are %s are replaced by a sweep', async how => {
  const f = await fakeMigration()
  await isKilledBeforeItsEnd(f)
  const folder = join(f.folder, 'manifests')
  for (const file of readdirSync(folder)) {
    if (how === 'gone') rmSync(join(folder, file))
    else writeFileSync(join(folder, file), 'SFM1')
  }
  await f.remove(3)
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ deleted: { by: 'sweep', carried: 1 } }] })
})

test('into an index that was there, without manifests nothing is deleted, and the report says why', async () => {
  const f = await fakeMigration({ task: { action: 'into-existing' } })
  await run(f)
  rmSync(join(f.folder, 'manifests'), { recursive: true })
  await f.remove(3)
  const report = await run(f)
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'pending', carried: 0 } }] })
  expect(report.indices[0]?.doubts).toContainEqual(expect.stringContaining('manifest'))
  expect(f.documents('target').has('d3')).toBe(true)
})

test('where deletes are off they are counted and left, and the report is not exact', async () => {
  const f = await fakeMigration({ task: { deletes: { by: 'off', reason: 'asked for' } } })
  const report = await deletesAndRuns(f)
  expect(report).toMatchObject({
    verdict: 'differs',
    indices: [{ deletes: 2, deleted: { state: 'off', by: 'off', carried: 0 } }],
  })
  expect(report.notes).toContainEqual(expect.stringContaining('not looked for'))
  expect(f.documents('target').has('d3')).toBe(true)
})

test('a target that may not be searched keeps what was deleted, and the report says why', async () => {
  const f = await fakeMigration()
  f.target.faults.push({ path: /towns\/_search/, times: Infinity, effect: noRight })
  const report = await deletesAndRuns(f)
  expect(report).toMatchObject({ verdict: 'differs', indices: [{ deleted: { state: 'pending', carried: 0 } }] })
  expect(report.indices[0]?.doubts).toContainEqual(expect.stringMatching(/could not be carried over.*unauthorized/))
})

test('an id that moved to another routing is deleted only where it was', async () => {
  const f = await fakeMigration()
  const put = (id: string, routing: string, n: number): Promise<unknown> =>
    send(f.source.url, 'PUT', `/cities/_doc/${id}?routing=${routing}`, { n })
  await put('r1', 'a', 1)
  await put('r2', 'a', 2)
  await run(f)
  await send(f.source.url, 'DELETE', '/cities/_doc/r1?routing=a')
  await put('r1', 'b', 11)
  // Replaced without a delete: on a shard an id is one document.
  await put('r2', 'b', 12)
  expect(await run(f)).toMatchObject({ verdict: 'exact', indices: [{ sourceCount: 27, targetCount: 27 }] })
  expect(f.documents('target')).toEqual(f.documents('source'))
})
