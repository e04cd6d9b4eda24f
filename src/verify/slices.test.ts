import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { candidates, Slices } from './slices.ts'
import type { Suspected } from './slices.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'shardferry-slices-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function one(side: Suspected['side'], id: string, low = 1, routing?: string): Suspected {
  return { side, id, routing, high: 7, low }
}

test('documents come back slice by slice, whole, whether they are held in memory or in files', () => {
  const place = folder()
  for (const docsInBucket of [10, 60_000]) {
    using slices = new Slices(place, [1, 3, 5], () => docsInBucket, 8)
    expect(slices.count).toBe(docsInBucket === 10 ? 1 : 3)
    expect([0, 1, 2, 3, 4, 5].filter(bucket => slices.wants(bucket))).toEqual([1, 3, 5])
    const docs = Array.from({ length: 9_000 }, (_, i) => ({
      bucket: [1, 3, 5][i % 3]!,
      doc: one(i % 2 ? 'source' : 'target', `id "${i}"\n`, i, i % 5 ? undefined : ''),
    }))
    for (const { bucket, doc } of docs) slices.add(bucket, doc)
    const read = Array.from({ length: slices.count }, (_, slice) => [...slices.read(slice)]).flat()
    expect(read.toSorted((a, b) => a.low - b.low)).toEqual(docs.map(({ doc }) => doc))
  }
  expect(readdirSync(place)).toEqual([])
})

test('with hashes, exactly the ids that have no like on the other side are candidates', () => {
  const id = fc.integer({ min: 0, max: 30 }).map(String)
  const docs = fc.uniqueArray(fc.record({ id, low: fc.nat(1) }), { selector: doc => doc.id })
  fc.assert(
    fc.property(docs, docs, (here, there) => {
      const suspected = [...here.map(doc => one('source', doc.id, doc.low)), ...there.map(doc => one('target', doc.id, doc.low))]
      const wanted = new Set<string>()
      for (const { id: own, low } of here) if (!there.some(other => other.id === own && other.low === low)) wanted.add(own)
      for (const { id: own, low } of there) if (!here.some(other => other.id === own && other.low === low)) wanted.add(own)
      expect(new Set(candidates(suspected, true))).toEqual(wanted)
    }),
  )
})

test('one id under two routings is two documents', () => {
  expect(candidates([one('source', 'a', 1, 'x'), one('target', 'a', 1, 'y')], true)).toEqual(['a'])
  expect(candidates([one('source', 'a', 1), one('target', 'a', 1)], true)).toEqual([])
  expect(candidates([one('source', 'a', 1, ''), one('target', 'a', 1)], true)).toEqual(['a'])
})

test('a partition that was read twice adds no candidate of its own', () => {
  expect(candidates([one('source', 'a'), one('source', 'a'), one('target', 'a')], true)).toEqual([])
})

test('without hashes every id may be different', () => {
  expect(candidates([one('source', 'a'), one('target', 'a'), one('source', 'b')], false)).toEqual(['a', 'b'])
})
