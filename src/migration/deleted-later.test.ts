import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fakeMigration } from '../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../test/support/fake-migration.ts'
import { manifestsFolder } from '../assemble.ts'
import { never } from '../flow/virtual-world.test-part.ts'
import type { ShardMark } from '../model/entries.ts'
import { deletedLater } from './deleted-later.ts'
import { runMigration } from './run-migration.ts'

const run = (f: FakeMigration): Promise<unknown> => runMigration(f.process(), never)

/** Documents `d<n>`, as they were copied: number n of the source was given to the n-th. */
const copied = (...numbers: readonly number[]) => numbers.map(n => ({ id: `d${n}`, routing: undefined, version: BigInt(n + 1) }))

async function later(
  f: FakeMigration,
  extra: Parameters<typeof deletedLater>[2],
  seen: (marks: readonly ShardMark[]) => readonly ShardMark[] = marks => marks,
): Promise<string[]> {
  const m = f.process()
  const { rounds, deletes } = m.memory.state.indices.get('cities')!
  const known = { rounds, carriedUpTo: deletes?.shards, folder: manifestsFolder(f.folder) }
  const now = await m.reader.marks(f.task, never)
  return [...deletedLater(f.task, known, extra, seen(now))].toSorted()
}

test('what was copied and deleted on the source since is deleted later, and what somebody wrote on the target is not', async () => {
  const f = await fakeMigration()
  await run(f)
  await f.remove(3)
  await f.remove(17)
  expect(await later(f, copied(3, 17))).toEqual(['-d17', '-d3'])
  const stranger = { id: 'stranger', routing: undefined, version: 4n }
  const written = { id: 'd3', routing: undefined, version: 5n }
  const routed = { id: 'd3', routing: 'r', version: 4n }
  expect(await later(f, [stranger, written, routed])).toEqual([])
})

test('where nothing was deleted since deletes were carried over, or less than is gone, no document is excused', async () => {
  const f = await fakeMigration()
  await run(f)
  expect(await later(f, copied(3))).toEqual([])
  await f.remove(3)
  expect(await later(f, copied(3, 17))).toEqual([])
  await run(f)
  expect(await later(f, copied(3))).toEqual([])
})

test('counts that have begun anew excuse no more documents than there were operations', async () => {
  const f = await fakeMigration()
  await run(f)
  await f.remove(3)
  const anew = (marks: readonly ShardMark[]): readonly ShardMark[] => marks.map(mark => ({ ...mark, deletes: 0, operations: 0 }))
  expect(await later(f, copied(3), anew)).toEqual(['-d3'])
  expect(await later(f, copied(3, 17), anew)).toEqual([])
})

test('without manifests, or where one is lost, none is excused', async () => {
  const f = await fakeMigration()
  await run(f)
  await f.remove(3)
  const swept = { ...f, task: { ...f.task, deletes: { by: 'sweep', reason: '' } } } as const
  expect(await later(swept, copied(3))).toEqual([])
  rmSync(join(f.folder, 'manifests'), { recursive: true })
  expect(await later(f, copied(3))).toEqual([])
})
