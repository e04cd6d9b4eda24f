import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeCluster, forbidden, found, planOf, task, told } from './fake-answers.test-part.ts'
import { stateFolder } from './state-folder.ts'

/** A state folder that no run has made yet. */
function folderToBe(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shardferry-state-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'not', 'there')
}

const listed = (source: string, docs: number) =>
  task(source, { estimate: { docs, bytes: docs }, deletes: { by: 'manifest', reason: '' } })

test('lists that do not fit on the disk of the state folder are told beforehand, with both ways out', async () => {
  const folder = folderToBe()
  const { bavail, bsize } = statfsSync(tmpdir())
  const plan = planOf(listed('a', bavail * bsize), task('b', { estimate: { docs: 1e18, bytes: 1 } }))
  const findings = await found(stateFolder, { plan, stateFolder: folder })
  expect(told(findings)).toEqual(['warning migration'])
  expect(findings[0]?.remedy).toMatch(/--state FOLDER.*--deletes sweep/)
})

test('the ids of the largest index that is listed are what a document costs', async () => {
  const ids = (length: number) => ({ hits: { hits: [{ _id: 'x'.repeat(length) }, { _id: 'é'.repeat(length / 2) }] } })
  const source = fakeCluster('source', 'elasticsearch 7.10.2', { 'POST /b/_search': ids(1000) })
  const plan = planOf(listed('a', 1), listed('b', 1_048_576))
  const told = async (more: Partial<Parameters<typeof found>[1]>): Promise<string | undefined> =>
    (await found(stateFolder, { plan, stateFolder: folderToBe(), ...more }))[0]?.message
  expect(await told({ source })).toContain('take 1.0 GB at most')
  const closed = fakeCluster('source', 'elasticsearch 7.10.2', { 'POST /b/_search': forbidden })
  expect(await told({ source: closed })).toContain('take 44.0 MB at most')
})

test('where nothing is listed, or nobody says where the state is kept, there is nothing to look at', async () => {
  const swept = planOf(task('a', { deletes: { by: 'sweep', reason: '' } }))
  expect(await found(stateFolder, { plan: swept, stateFolder: folderToBe() })).toEqual([])
  expect(await found(stateFolder, { plan: planOf(listed('a', 1)) })).toEqual([])
})
