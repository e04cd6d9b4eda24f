import { expect, test } from 'vitest'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import { runMigration } from './run-migration.ts'

/** What a whole run of so many small indices asks of both clusters. */
async function requests(beside: number): Promise<number> {
  const m = (await fakeMigration({ beside })).process()
  expect(await runMigration(m, never)).toMatchObject({ verdict: 'exact', total: { read: 25 + 3 * beside } })
  return m.source.requestsSent + m.target.requestsSent
}

test('another small index costs the requests that move it and few others', async () => {
  const [few, many] = [await requests(10), await requests(90)]
  // Made and looked at (3), cut (1), read (1), written (1), counted on both sides (2), refreshed alone once, as the replica
  // of `cities` is missing (1); and its part of what is asked of all.
  expect((many - few) / 80).toBeLessThan(11)
})

test('one index that cannot be made ends the run with its own error, and what others had is kept for the next', async () => {
  const f = await fakeMigration({ beside: 8 })
  await fetch(`${f.target.url}/beside-3`, { method: 'PUT' })
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({
    code: 'target-exists',
    message: expect.stringContaining('beside-3') as string,
  })
  await fetch(`${f.target.url}/beside-3`, { method: 'DELETE' })
  expect(await runMigration(f.process(), never)).toMatchObject({ verdict: 'exact', total: { read: 49 } })
})

test('an index that is deleted on the source meanwhile is named, however many are looked at with it', async () => {
  const f = await fakeMigration({ beside: 8 })
  await fetch(`${f.source.url}/beside-5`, { method: 'DELETE' })
  await expect(runMigration(f.process(), never)).rejects.toMatchObject({
    code: 'lineage-changed',
    message: expect.stringContaining('beside-5') as string,
  })
})
