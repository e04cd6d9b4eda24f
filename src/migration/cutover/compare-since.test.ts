import { expect, test } from 'vitest'
import { put } from '../../../test/support/changes.ts'
import { fakeMigration } from '../../../test/support/fake-migration.ts'
import type { FakeMigration } from '../../../test/support/fake-migration.ts'
import { never } from '../../flow/virtual-world.test-part.ts'
import type { Batch } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { placeOf } from '../../verify/compared-index.ts'
import type { Migration } from '../migration.ts'
import { copyAll, createTargets } from '../phases.ts'
import { compareSince } from './compare-since.ts'
import type { Found } from './compare-since.ts'

async function copied(docs: number): Promise<{ f: FakeMigration; m: Migration; marks: readonly ShardMark[] }> {
  const f = await fakeMigration({ docs, task: { tuning: {} } })
  const m = f.process()
  await createTargets(m, never)
  await copyAll(m, never)
  return { f, m, marks: m.memory.state.indices.get('cities')!.rounds.at(-1)!.shards }
}

function compared(
  m: Migration,
  f: FakeMigration,
  marks: readonly ShardMark[],
  applications: 'write' | 'are blocked',
): Promise<Found> {
  const source = { since: [], upTo: marks }
  return compareSince(m, f.task, { copied: marks, source, target: undefined, left: [] }, applications, never)
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('however many documents are set aside, one that differs behind them is found', async () => {
  const { f, m, marks } = await copied(60)
  for (const n of numbers(50)) await put(f.target.url, 'towns', `d${n}`, 'refused')
  await put(f.target.url, 'towns', 'd55', 'other')
  const setAside = new Map(numbers(50).map(n => [placeOf(`d${n}`, undefined), 'refused']))
  const { different } = await compared({ ...m, setAside: () => setAside }, f, marks, 'are blocked')
  expect(different.map(({ id }) => id)).toEqual(['d55'])
})

test('however many documents are written meanwhile, one that differs behind them is found, and they are left to the next comparison', async () => {
  const { f, m, marks } = await copied(60)
  // Read where they stood when they were copied, and looked at where they stand now.
  const { ids } = (await m.deletes.compared(f.task, never)).source
  const read: typeof ids.read = async function* (...given) {
    const batches: Batch[] = []
    for await (const batch of ids.read(...given)) batches.push(batch)
    await f.write('later', ...numbers(50))
    yield* batches
  }
  await put(f.target.url, 'towns', 'd55', 'other')
  const deletes: Migration['deletes'] = {
    ...m.deletes,
    compared: async (...given) => {
      const index = await m.deletes.compared(...given)
      return { ...index, source: { ...index.source, ids: { ...ids, read } } }
    },
  }
  const { different, left } = await compared({ ...m, deletes }, f, marks, 'write')
  expect(different.map(({ id }) => id)).toEqual(['d55'])
  expect(left).toEqual([])
})

test('what only the target has while applications write is looked at again, and is different once they are blocked', async () => {
  const { f, m, marks } = await copied(5)
  await put(f.target.url, 'towns', 'late', 'late')
  const side = (await m.deletes.compared(f.task, never)).target!
  const upTo = await side.ids.marks(side.task, never)
  const target = { since: [], upTo }
  const first = await compareSince(m, f.task, { copied: marks, source: undefined, target, left: [] }, 'write', never)
  expect(first).toEqual({ different: [], left: ['late'] })
  const since = { since: upTo, upTo }
  const next = { copied: marks, source: undefined, target: since, left: first.left }
  expect(await compareSince(m, f.task, next, 'are blocked', never)).toMatchObject({
    different: [{ id: 'late', kind: 'extra' }],
    left: [],
  })
})
