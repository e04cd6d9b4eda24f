import { expect, test } from 'vitest'
import type { IndexComparison, Verification } from '../../model/verification.ts'
import { verificationText } from './verification-text.ts'

const side = { docs: 1200, bytes: 5000, digest: '00000000000000ff' }

function index(more: Partial<IndexComparison> = {}): IndexComparison {
  return {
    index: 'cities',
    target: 'cities',
    verdict: 'equal',
    level: 'full',
    form: 'bytes',
    versions: false,
    onSource: side,
    onTarget: side,
    checkpoints: [{ shard: 0, upTo: 1199, historyUuid: 'h' }],
    missing: 0,
    stale: 0,
    extra: 0,
    setAside: 0,
    equalByValue: 0,
    afterCheckpoint: 0,
    deletedLater: 0,
    behind: 0,
    lookedAt: 0,
    looks: 0,
    cut: false,
    definition: [],
    notes: [],
    comparedAt: '2026-11-24T10:00:00.000Z',
    tookMs: 4000,
    ...more,
  }
}

function report(more: Partial<Verification> = {}): Verification {
  const cluster = { address: 'http://old:9200', clusterName: 'old', clusterUuid: 'o', product: 'Elasticsearch 7.10.2' }
  return {
    name: 'm',
    shardferry: '0.1.0',
    verdict: 'equal',
    level: 'full',
    source: cluster,
    target: { ...cluster, address: 'http://new:9200', product: 'OpenSearch 2.19.4' },
    startedAt: '2026-11-24T10:00:00.000Z',
    tookMs: 4000,
    indices: [index()],
    queries: [],
    notes: [],
    ...more,
  }
}

const look = { colour: false, columns: 120 }

test('equal sides are said to be so, with their digest', () => {
  const text = verificationText(report(), look)
  expect(text).toMatch(/^Equal: both sides hold the same documents\.\n/)
  expect(text).toContain('cities: digest 00000000000000ff on both sides, compared by bytes')
  expect(text).toContain('Nothing is left to do.')
})

test('equal sides of which the source is ahead are said to be so at once, and what brings it over', () => {
  const text = verificationText(report({ indices: [index({ behind: 9 })] }), look)
  expect(text).toMatch(/^Equal: both sides hold the same documents, up to the checkpoint; the source is 9 operations ahead\.\n/)
  expect(text).toContain('brought over when the same copy is run again')
  expect(text).not.toContain('Nothing is left to do.')
})

test('what differs comes with its numbers, its notes and what to do next', () => {
  const text = verificationText(
    report({
      verdict: 'differs',
      indices: [
        index({ verdict: 'differs', missing: 3, extra: 1, cut: true, afterCheckpoint: 7, behind: 9, equalByValue: 2 }),
        index({ index: 'rivers', target: 'rivers-v2', definition: [{ what: 'aliases.x', why: 'it is gone', severe: true }] }),
      ],
      queries: [
        {
          index: 'cities',
          query: '{}',
          sourceTotal: 5,
          targetTotal: null,
          overlap: null,
          aggregations: 0,
          error: 'target: refused',
          distance: 10,
          sourceMs: 1,
          targetMs: 0,
        },
      ],
      notes: ['one note'],
    }),
    look,
  )
  expect(text).toMatch(/cities +1,200 +1,200 +3 +0 +1 +0 +7 +differs/)
  for (const part of [
    'rivers → rivers-v2',
    'rivers aliases.x: it is gone',
    'target: refused',
    'note: one note',
    'more differences than were named',
    '9 operations beyond it',
    '2 documents are equal by value',
    '--repair',
  ])
    expect(text).toContain(part)
})

test('a repair and a dry run tell what was done, and what would be', () => {
  const repair = { dryRun: false, written: 4, deleted: 1, keptExtra: 2, refused: 0, remaining: 2 }
  const repaired = { missing: 3, stale: 1, extra: 3, written: 4, deleted: 1, keptExtra: 2, refused: 0 }
  const done = verificationText(report({ verdict: 'differs', repair, indices: [index({ extra: 2, repaired })] }), look)
  expect(done).toMatch(/cities +1,200 +1,200 +0 +0 +2 +0 +0 +equal/)
  expect(done).toContain('- cities: found 3 missing, 1 stale, 3 extra; 4 written, 1 deleted')
  expect(done).toContain('Repaired: 4 written, 1 deleted, 2 extra left, 0 refused; 2 differences remain')
  expect(done).toContain('--delete-extra-anywhere')
  const told = verificationText(report({ verdict: 'differs', repair: { ...repair, dryRun: true } }), look)
  expect(told).toContain('A repair would write 4, delete 1 and leave 2 extra.')
})
