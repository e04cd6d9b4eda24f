import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Difference, IndexComparison } from '../model/verification.ts'
import { Buckets } from './buckets.ts'
import { Kept } from './keep.ts'
import type { KeptSums } from './keep.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'shardferry-kept-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function difference(id: string): Difference {
  return { index: 'a', target: 'a', id, kind: 'missing' }
}

function result(index: string): IndexComparison {
  return { index, verdict: 'equal' } as IndexComparison
}

function sums(): KeptSums {
  const side = (bucket: number): KeptSums['source'] => {
    const own = new Buckets(256)
    own.add(bucket, 1, 2)
    return { marks: [], partitions: [], settled: new Set(['p1', `p${bucket}`]), sums: own, bytes: 5 }
  }
  return { identity: 'here/there', form: 'bytes', startedAtMs: 1, behind: 0, source: side(3), target: side(200) }
}

test('a comparison that was killed knows what it had finished, and the differences of that', () => {
  const place = folder()
  const first = new Kept(place, 'same', 1000)
  expect(first.resumed).toBe(false)
  first.differ([difference('1')])
  first.finish(result('a'))
  // Killed before the next index was finished.
  first.differ([difference('2')])
  const second = new Kept(place, 'same', 2000)
  expect(second).toMatchObject({ resumed: true, startedAtMs: 1000 })
  expect(second.finished('a')).toEqual(result('a'))
  expect(second.finished('b')).toBeUndefined()
  second.differ([difference('3')])
  second.finish(result('b'))
  const lines = readFileSync(second.end(), 'utf8').trimEnd().split('\n')
  expect(lines.map(line => (JSON.parse(line) as Difference).id)).toEqual(['1', '3'])
  expect(readdirSync(place)).toEqual(['differences.ndjson'])
})

test('a result that was cut off while it was written does not count', () => {
  const place = folder()
  const first = new Kept(place, 'same', 1000)
  first.finish(result('a'))
  appendFileSync(join(place, 'finished.ndjson'), '{"result":{"index":"b"')
  const second = new Kept(place, 'same', 1000)
  expect([second.finished('a'), second.finished('b')]).toEqual([result('a'), undefined])
})

test('sums come back as they were kept, and only for the same two indices', () => {
  const place = folder()
  new Kept(place, 'same', 1000).keepSums(sums())
  const kept = new Kept(place, 'same', 1000)
  const back = kept.sums('here/there')!
  expect(back).toMatchObject({ form: 'bytes', startedAtMs: 1, source: { bytes: 5, settled: new Set(['p1', 'p3']) } })
  expect(back.source.sums.differing(sums().source.sums)).toEqual([])
  expect(back.target.sums.differing(sums().target.sums)).toEqual([])
  expect(kept.sums('here/elsewhere')).toBeUndefined()
  kept.finish(result('a'))
  expect(kept.sums('here/there')).toBeUndefined()
})

test.each([
  ['another comparison', 'other', 1000],
  ['one that is too old', 'same', 1000 + 25 * 3_600_000],
])('what %s kept is thrown away', (_what, fingerprint, nowMs) => {
  const place = folder()
  const first = new Kept(place, 'same', 1000)
  first.differ([difference('1')])
  first.finish(result('a'))
  first.keepSums(sums())
  const second = new Kept(place, fingerprint, nowMs)
  expect(second).toMatchObject({ resumed: false, startedAtMs: nowMs })
  expect(second.finished('a')).toBeUndefined()
  expect(second.sums('here/there')).toBeUndefined()
  expect(readFileSync(second.end(), 'utf8')).toBe('')
})
