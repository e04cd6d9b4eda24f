import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexTask, partition } from '../journal/sample-entries.test-part.ts'
import type { Rejected } from '../model/documents.ts'
import { asShardferryError } from '../model/errors.ts'
import { bytesOf, readSetAside, setAsideFolder } from './set-aside.ts'

const task = indexTask('cities', { target: 'cities-v2' })
const [one, other] = [partition('cities', 0, 9), partition('cities', 10, 19)]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'set-aside-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function rejected(...ids: readonly string[]): Rejected[] {
  return ids.map(id => ({
    doc: { id, routing: undefined, version: 7n, source: Buffer.from(`{"id":"${id}"}`) },
    status: 400,
    type: 'mapper_parsing_exception',
    reason: `failed to parse [${id}]`,
  }))
}

function idsOf(of = one): string[] {
  return readSetAside(folder, of).map(line => line.id)
}

test('what was kept is read back whole after the commit: bytes, routing, versions beyond 2^53, reason', () => {
  const source = ' {"n": 1.50, "big": 12345678901234567890, "text": "line\\nbreak é 😀"}'
  const attempt = setAsideFolder(folder, 10, 0).begin(task, one)
  attempt.keep([
    { doc: { id: 'a"b\n', routing: 'r', version: 2n ** 62n, source: Buffer.from(source) }, status: 400, type: 'x', reason: 'y' },
  ])
  attempt.commit()
  expect(readSetAside(folder, one)).toEqual([
    {
      index: 'cities',
      target: 'cities-v2',
      id: 'a"b\n',
      routing: 'r',
      version: String(2n ** 62n),
      status: 400,
      type: 'x',
      reason: 'y',
      source,
    },
  ])
})

test('bytes that are no UTF-8, which servers accept in places, and lone surrogates are kept as they are', () => {
  const sources = [
    Buffer.from('7b2261223a22c0af227d', 'hex'),
    Buffer.from('7b2261223a22eda080227d', 'hex'),
    Buffer.from('efbbbf7b7d', 'hex'),
    Buffer.from('{"a":"\\ud800 \u2028 é"}'),
    Buffer.alloc(0),
  ]
  const attempt = setAsideFolder(folder, 10, 0).begin(task, one)
  attempt.keep(
    sources.map((source, i) => ({
      doc: { id: `d${i}`, routing: undefined, version: 1n, source },
      status: 400,
      type: 'x',
      reason: 'y',
    })),
  )
  attempt.commit()
  expect(readSetAside(folder, one).map(line => Buffer.from(bytesOf(line)).toString('hex'))).toEqual(
    sources.map(source => source.toString('hex')),
  )
})

test('a crash between keep and commit leaves nothing that counts, and the next attempt starts empty', () => {
  const crashed = setAsideFolder(folder, 10, 0).begin(task, one)
  crashed.keep(rejected('from the first attempt', 'and another'))
  expect(idsOf()).toEqual([])
  const again = setAsideFolder(folder, 10, 0).begin(task, one)
  again.keep(rejected('b'))
  again.commit()
  expect(idsOf()).toEqual(['b'])
  expect(readdirSync(folder).length).toBe(1)
})

test('an attempt that is discarded leaves no file', () => {
  const attempt = setAsideFolder(folder, 10, 0).begin(task, one)
  attempt.keep(rejected('a'))
  attempt.discard()
  expect(readdirSync(folder)).toEqual([])
})

test('a partition that is settled again has what its last attempt set aside, or no file if that was nothing', () => {
  const keeper = setAsideFolder(folder, 10, 0)
  const first = keeper.begin(task, one)
  first.keep(rejected('a', 'b'))
  first.commit()
  const second = keeper.begin(task, one)
  second.keep(rejected('b'))
  second.commit()
  expect(idsOf()).toEqual(['b'])
  keeper.begin(task, one).commit()
  expect(readdirSync(folder)).toEqual([])
})

test('partitions that are under way at once have files of their own, also where only the end of a long name differs', () => {
  const keeper = setAsideFolder(folder, 10, 0)
  const long = 'x'.repeat(250)
  const partitions = [one, other, partition(`${long}a`, 0, 9), partition(`${long}b`, 0, 9)]
  const attempts = partitions.map(partition => keeper.begin(task, partition))
  attempts.forEach((attempt, i) => attempt.keep(rejected(String(i))))
  for (const attempt of attempts) attempt.commit()
  expect(partitions.map(partition => idsOf(partition))).toEqual([['0'], ['1'], ['2'], ['3']])
})

test('the limit counts what is kept in the whole migration, earlier runs too, but not what was discarded', () => {
  const keeper = setAsideFolder(folder, 5, 2)
  const discarded = keeper.begin(task, one)
  discarded.keep(rejected('a', 'b', 'c'))
  discarded.discard()
  const kept = keeper.begin(task, one)
  kept.keep(rejected('a', 'b', 'c'))
  kept.commit()
  expect(() => keeper.begin(task, other).keep(rejected('d'))).toThrow(
    expect.objectContaining({ code: 'set-aside-limit', message: expect.stringContaining('failed to parse [d]') as string }),
  )
})

test('a folder that cannot be written is told as such, and the attempt can still be discarded', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const attempt = setAsideFolder(join(file, 'rejected'), 10, 0).begin(task, one)
  const keep = (): void => {
    try {
      attempt.keep(rejected('a'))
    } catch (thrown) {
      throw asShardferryError(thrown)
    }
  }
  expect(keep).toThrow(expect.objectContaining({ code: 'state-unwritable' }))
  expect(() => attempt.discard()).not.toThrow()
})

test('an attempt whose commit fails can still be discarded, and leaves nothing', () => {
  const attempt = setAsideFolder(folder, 10, 0).begin(task, one)
  attempt.keep(rejected('a'))
  rmSync(folder, { recursive: true })
  expect(() => attempt.commit()).toThrow(/ENOENT/)
  expect(() => attempt.discard()).not.toThrow()
})
