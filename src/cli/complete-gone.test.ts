import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ferryOf } from '../../test/support/shardferry.ts'
import { siteAt } from '../../test/support/site.ts'
import { stepId } from '../access/steps.ts'
import { secretPath } from '../access/secret-file.ts'
import { indexTask, plan, report } from '../journal/sample-entries.test-part.ts'
import { SqliteJournal } from '../journal/sqlite.ts'

/** Nothing answers there. */
const nowhere = 'http://127.0.0.1:9'

test('what was made on a cluster that is no more is left over, with what a person can undo, until it is said to be gone', async () => {
  const ferry = ferryOf({ source: siteAt('source', [nowhere]), target: siteAt('target', [nowhere]) })
  const folder = join(ferry.state, 'm')
  const secret = secretPath(folder, 'shardferry-m-reader')
  mkdirSync(dirname(secret), { recursive: true })
  writeFileSync(secret, 'secret')
  const step = stepId('source', 'user', 'shardferry-m-reader')
  {
    using journal = SqliteJournal.open(folder)
    journal.append({ type: 'captured', step, saved: { cluster: 'uuid' } })
    journal.append({ type: 'applied', step })
  }
  const left = await ferry.run(['complete', '--yes'])
  expect(left).toMatchObject({ code: 8, stderr: expect.stringContaining('1 could not be undone') as string })
  expect(left.stdout).toContain('Only a person can undo')
  expect(existsSync(secret)).toBe(true)

  const told = await ferry.run(['complete', '--gone', 'source', '--dry-run'])
  expect(told.stdout).toContain('- delete user shardferry-m-reader on the source: gone with the source\n')
  expect(existsSync(secret)).toBe(true)
  const gone = await ferry.run(['complete', '--gone', 'source', '--yes'])
  expect(gone).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Only a person can undo') as string })
  expect(existsSync(secret)).toBe(false)
  expect(await ferry.status()).toMatchObject({ state: 'completed' })
  expect((await ferry.run(['complete'])).stdout).toContain('nothing to take back')
})

test('the lists of what was copied go with a migration that is finished, and stay where it may go on', async () => {
  const ferry = ferryOf({ source: siteAt('source', [nowhere]), target: siteAt('target', [nowhere]) })
  const folder = join(ferry.state, 'm')
  const lists = join(folder, 'manifests')
  const rejected = join(folder, 'rejected')
  {
    using journal = SqliteJournal.open(folder)
    journal.append({ type: 'planned', plan: plan(indexTask('cities')) })
  }
  for (const one of [lists, rejected]) mkdirSync(one)
  const early = await ferry.run(['complete'])
  expect(early).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to take back') as string })
  expect(existsSync(lists)).toBe(true)
  {
    using journal = SqliteJournal.open(folder)
    journal.append({ type: 'finished', report })
  }
  const told = await ferry.run(['complete', '--dry-run'])
  expect(told.stdout).toContain('remove the lists of what was copied (manifests)')
  expect(existsSync(lists)).toBe(true)
  expect(await ferry.run(['complete'])).toMatchObject({ code: 0, stderr: '' })
  expect([existsSync(lists), existsSync(rejected), existsSync(join(folder, 'journal.db'))]).toEqual([false, true, true])
  expect((await ferry.run(['complete'])).stdout).toContain('nothing to take back')
})
