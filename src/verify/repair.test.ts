import { expect, test } from 'vitest'
import { never } from '../flow/virtual-world.test-part.ts'
import { indexTask } from '../journal/sample-entries.test-part.ts'
import type { Difference, SideDigest } from '../model/verification.ts'
import { Buckets } from './buckets.ts'
import { Digester } from './digest.ts'
import { adding } from './read-side.ts'
import { repairIndex } from './repair.ts'
import type { RepairOptions, RepairParts } from './repair.ts'
import { SideChange } from './side-change.ts'
import { twoSides } from './two-sides.test-part.ts'
import type { StoredSide, TwoSides } from './two-sides.test-part.ts'

function difference(kind: Difference['kind'], id: string, routing?: string): Difference {
  return { index: 'cities', target: 'cities', id, kind, ...(routing === undefined ? {} : { routing }) }
}

async function repaired(sides: TwoSides, differences: readonly Difference[], options: Partial<RepairOptions> = {}) {
  const remaining: string[] = []
  const change = new SideChange({ what: 'content', form: 'bytes' })
  const before = digestOf(sides.target)
  const parts = {
    ...sides.patience,
    world: sides.world,
    writer: sides.writer,
    change,
    onRemaining: ({ kind, id }: Difference) => remaining.push(`${kind} ${id}`),
  } satisfies Partial<RepairParts>
  const report = await repairIndex(
    sides.index,
    differences,
    { level: 'full', dryRun: false, deleteExtraAnywhere: false, ...options },
    parts as unknown as RepairParts,
    never,
  )
  // What the repair says of the sums is what reading everything again would give.
  if (!options.dryRun) expect(change.appliedTo(before)).toEqual(digestOf(sides.target))
  return { report, remaining }
}

function digestOf({ docs }: StoredSide): SideDigest {
  const sums = new Buckets(256)
  const add = adding(new Digester({ what: 'content', form: 'bytes' }, 256), sums)
  const stored = [...docs.values()].map(({ id, routing, source, version }) => ({
    id,
    routing,
    version,
    source: Buffer.from(source),
  }))
  stored.forEach(add)
  return { docs: sums.docs, bytes: stored.reduce((sum, { source }) => sum + source.length, 0), digest: sums.digest }
}

test('missing and stale documents are written with the version of the source, extra ones are deleted with the version that was seen', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{"n": 1.50}')
  const stale = sides.source.put('b', '{"n":2}')
  sides.target.put('b', '{"n":1}', undefined, stale)
  sides.target.put('c', '{}', undefined, 9n)
  const { report, remaining } = await repaired(sides, [
    difference('missing', 'a'),
    difference('stale', 'b'),
    difference('extra', 'c'),
  ])
  expect(sides.written).toEqual(['index a v1: written', 'index b v2: written', 'delete c v9: written'])
  expect(report).toMatchObject({ written: 2, deleted: 1, keptExtra: 0, refused: 0, remaining: 0 })
  expect(remaining).toEqual([])
  expect([...sides.target.docs.values()].map(({ source }) => source).toSorted()).toEqual(['{"n": 1.50}', '{"n":2}'])
})

test('a document that somebody wrote on the target in between gives way, with its own version', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{"n":1}')
  sides.target.put('a', '{"n":"theirs"}', undefined, 5n)
  const { report } = await repaired(sides, [difference('stale', 'a')])
  expect(sides.written).toEqual(['index a v5: written'])
  expect(report).toMatchObject({ written: 1, remaining: 0 })
})

test('a document that somebody deleted on the target comes back over the tombstone', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.target.put('a', '{"n":1}', undefined, sides.source.put('a', '{"n":1}'))
  sides.target.remove('a')
  const { report } = await repaired(sides, [difference('missing', 'a')])
  expect(sides.written).toEqual(['index a v1: newer', 'index a v2: written'])
  expect(report).toMatchObject({ written: 1, remaining: 0 })
})

test('the right routing replaces the wrong one in the same shard, and is not deleted afterwards', async () => {
  const sides = twoSides(indexTask('cities'))
  const version = sides.source.put('a', '{}', 'right')
  sides.target.put('a', '{}', 'wrong', version)
  const { report } = await repaired(sides, [difference('missing', 'a', 'right'), difference('extra', 'a', 'wrong')])
  expect(sides.written).toEqual(['index a/right v1: written'])
  expect(report).toMatchObject({ written: 1, deleted: 0, remaining: 0 })
  expect([...sides.target.docs.values()].map(({ routing }) => routing)).toEqual(['right'])
})

test('the wrong routing in another shard is deleted there', async () => {
  const sides = twoSides(indexTask('cities'), {}, 2)
  const version = sides.source.put('a', '{}', 'a')
  sides.target.put('a', '{}', 'b', version)
  const { report } = await repaired(sides, [difference('missing', 'a', 'a'), difference('extra', 'a', 'b')])
  expect(sides.written).toEqual(['index a/a v1: written', 'delete a/b v1: written'])
  expect(report).toMatchObject({ written: 1, deleted: 1, remaining: 0 })
})

test('extra documents stay in an index that the migration did not make, unless it is told to delete them', async () => {
  const sides = twoSides(indexTask('cities'), { createdByPlan: false })
  sides.target.put('a', '{}')
  const kept = await repaired(sides, [difference('extra', 'a')])
  expect(kept.report).toMatchObject({ deleted: 0, keptExtra: 1, remaining: 1 })
  expect(kept.remaining).toEqual(['extra a'])
  const gone = await repaired(sides, [difference('extra', 'a')], { deleteExtraAnywhere: true })
  expect(gone.report).toMatchObject({ deleted: 1, keptExtra: 0, remaining: 0 })
})

test('what is no longer different is not touched', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{}')
  sides.target.put('a', '{}')
  sides.source.put('b', '{}')
  sides.target.put('b', '{}')
  await repaired(sides, [difference('stale', 'a'), difference('extra', 'b'), difference('missing', 'c')])
  expect(sides.written).toEqual([])
})

test('a document that comes back on the source between two looks is not deleted', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.target.put('a', '{"n":1}', undefined, 1n)
  sides.source.meanwhile = search => {
    if (search === 2) sides.source.put('a', '{"n":2}')
  }
  const { report, remaining } = await repaired(sides, [difference('extra', 'a')])
  expect(sides.written).toEqual([])
  expect(report).toMatchObject({ deleted: 0, remaining: 1 })
  expect(remaining).toEqual(['stale a'])
})

test('a document that the target refuses is told, once, and remains', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{"n":"refuse me"}')
  sides.target.put('b', '{}', undefined, 1n)
  sides.target.remove('b')
  sides.source.put('b', '{}')
  const { report } = await repaired(sides, [difference('missing', 'a'), difference('missing', 'b')])
  expect(report).toMatchObject({ written: 1, refused: 1, remaining: 1 })
})

test('a dry run tells what it would do and writes nothing', async () => {
  const sides = twoSides(indexTask('cities'))
  sides.source.put('a', '{}')
  sides.target.put('b', '{}')
  const { report } = await repaired(sides, [difference('missing', 'a'), difference('extra', 'b')], { dryRun: true })
  expect(report).toMatchObject({ dryRun: true, written: 1, deleted: 1, remaining: 2 })
  expect(sides.written).toEqual([])
})

test('more differences than fit one request are all repaired', async () => {
  const sides = twoSides(indexTask('cities'))
  const ids = Array.from({ length: 1300 }, (_, i) => `p${String(i).padStart(4, '0')}`)
  for (const id of ids) sides.source.put(id, '{}')
  const { report } = await repaired(
    sides,
    ids.map(id => difference('missing', id)),
  )
  expect(report).toMatchObject({ written: 1300, remaining: 0 })
})
