import { expect, test } from 'vitest'

import type { Counts } from '../../model/documents.ts'
import type { IndexReport, Report } from '../../model/report.ts'
import { reportText } from './report-text.ts'

const counts = (read: number, setAside = 0): Counts => ({
  read,
  written: read - setAside,
  alreadyNewer: 0,
  setAside,
  filtered: 0,
  bytes: read * 400,
})

const index = (name: string, read: number, changes: Partial<IndexReport> = {}): IndexReport => ({
  index: name,
  target: name,
  counts: counts(read),
  balanced: true,
  rounds: 1,
  targetCountBefore: null,
  doubts: [],
  sourceCount: read,
  targetCount: read,
  behind: 0,
  deletes: 0,
  deleted: { state: 'none', by: 'manifest', carried: 0, kept: 0 },
  ...changes,
})

const report = (changes: Partial<Report>): Report => ({
  name: 'cities-2026',
  verdict: 'exact',
  source: 'https://old.example:9200',
  target: 'https://new.example:9200',
  startedAt: '2026-11-24T10:00:00.000Z',
  tookMs: 5900,
  total: counts(138_231),
  balanced: true,
  indices: [index('cities', 138_231)],
  partitions: 14,
  partitionsRedone: 1,
  notes: [],
  ...changes,
})

const at = (columns: number) => ({ colour: false, columns })

test('an exact run', () => {
  expect(`\n${reportText(report({}), at(100))}\n`).toMatchInlineSnapshot(`
    "
    Exact: every document read is on the target.

      index      read  written  already newer  set aside  filtered  on source  on target  behind
      cities  138,231  138,231              0          0         0    138,231    138,231       0

      138,231 read = 138,231 written + 0 already newer + 0 set aside + 0 filtered
      55.3 MB in 6s, 23.4 k docs/s, 14 partitions, 1 redone

      → Point your applications at the target: https://new.example:9200
    "
  `)
})

test('documents set aside, in a terminal too narrow for the table', () => {
  const indices = [
    index('customer-support-tickets-archive', 138_231, { target: 'tickets', counts: counts(138_231, 2), targetCount: 138_229 }),
    index('orders', 1_000_000),
  ]
  const text = reportText(
    report({ verdict: 'set-aside', total: counts(1_138_231, 2), indices, notes: ['The target has one node.'] }),
    at(80),
  )
  expect(`\n${text}\n`).toMatchInlineSnapshot(`
    "
    Set aside: the target refused 2 documents; every other document read is on the target.

             read    written  set aside  on source  on target  behind
      customer-support-tickets-archive → tickets
          138,231    138,229          2    138,231    138,229       0
      orders
        1,000,000  1,000,000          0  1,000,000  1,000,000       0
      total
        1,138,231  1,138,229          2  1,138,231  1,138,229       0

      1,138,231 read = 1,138,229 written + 0 already newer + 2 set aside + 0 filtered
      455.3 MB in 6s, 192.9 k docs/s, 14 partitions, 1 redone
      note: The target has one node.

      → See the documents set aside, by reason:
        shardferry rejected list cities-2026
      → When the target's mapping is fixed, write them again:
        shardferry rejected retry https://old.example:9200 https://new.example:9200 --name cities-2026
    "
  `)
})

test('a run that differs says why and what to do', () => {
  const indices = [
    index('cities', 138_231, { behind: 12, deletes: 1, deleted: { state: 'off', by: 'off', carried: 0, kept: 0 } }),
    index('towns', 10, { targetCount: 9 }),
  ]
  expect(`\n${reportText(report({ verdict: 'differs', total: counts(138_241), indices }), at(100))}\n`).toMatchInlineSnapshot(`
    "
    Differs: source and target do not hold the same documents.
      - 1 index has another number of documents on the target
      - the source went on changing: 12 operations came after the last round
      - 1 document was deleted on the source during the run, and deletes were not looked for

      index      read  written  already newer  set aside  filtered  on source  on target  behind
      cities  138,231  138,231              0          0         0    138,231    138,231      12
      towns        10       10              0          0         0         10          9       0
      total   138,241  138,241              0          0         0    138,241    138,240      12

      138,241 read = 138,241 written + 0 already newer + 0 set aside + 0 filtered
      55.3 MB in 6s, 23.4 k docs/s, 14 partitions, 1 redone

      → Run the same command again: it copies only what came since. Stop writing to the source before
        the last time.
      → Documents deleted on the source during the run are still on the target. This finds them, and
        deletes them there:
        shardferry verify https://old.example:9200 https://new.example:9200 --name cities-2026 --repair
    "
  `)
})

test('an account that does not balance is not written as an equation', () => {
  const total = { ...counts(138_231), written: 138_228 }
  expect(reportText(report({ verdict: 'differs', balanced: false, total }), at(100))).toContain(
    '138,231 read ≠ 138,228 written + 0 already newer + 0 set aside + 0 filtered  3 unaccounted for',
  )
})

test('of thousands of indices the exact ones are summed up and the others all shown', () => {
  const indices = Array.from({ length: 1000 }, (_, n) => index(`i${n}`, 1, n === 777 ? { targetCount: 0 } : {}))
  const text = reportText(report({ verdict: 'differs', total: counts(1000), indices }), at(100))
  expect(text).toContain('i777 ')
  expect(text).toContain('… and 960 more indices, exact')
  expect(text.split('\n').length).toBeLessThan(60)
})

test('an empty run took no time and has no rate', () => {
  const text = reportText(report({ tookMs: 0, total: counts(0), indices: [], partitions: 0, partitionsRedone: 0 }), at(80))
  expect(text).not.toMatch(/NaN|Infinity|undefined/)
  expect(text).toContain('0 B in 0s, 0 partitions')
})

test('a run whose counts agree and that is in doubt says so, and what to do', () => {
  const doubt =
    'it is read by slices, and was written to after they were opened; the same command reads everything again, best behind a write block: PUT /cities/_settings {"index.blocks.write": true}'
  const text = reportText(report({ verdict: 'differs', indices: [index('cities', 138_231, { doubts: [doubt] })] }), at(100))
  expect(`\n${text}\n`).toMatchInlineSnapshot(`
    "
    Differs: it is not certain that source and target hold the same documents.
      - cities: it is read by slices, and was written to after they were opened; the same command reads
        everything again, best behind a write block: PUT /cities/_settings {"index.blocks.write": true}

      index      read  written  already newer  set aside  filtered  on source  on target  behind
      cities  138,231  138,231              0          0         0    138,231    138,231       0

      138,231 read = 138,231 written + 0 already newer + 0 set aside + 0 filtered
      55.3 MB in 6s, 23.4 k docs/s, 14 partitions, 1 redone

      → Where a reason above says what to do, do that first. Nothing that was copied is lost by it.
    "
  `)
})
