import { expect, test } from 'vitest'

import type { IndexProgress, Progress } from './progress.ts'

/** A run of two indices in the middle of its copy; the views' tests change what they are about. */
export function sampleProgress(changes: Partial<Progress> = {}): Progress {
  const indices = [sampleIndex('cities', 'copying', 58_000, 138_231), sampleIndex('orders', 'copied', 9000, 9000)]
  return {
    name: 'cities-2026',
    source: 'https://old.example:9200',
    target: 'https://new.example:9200',
    phase: 'copying',
    round: 0,
    atMs: Date.UTC(2026, 10, 24, 10),
    elapsedMs: 125_000,
    total: sampleIndex('', 'copying', 67_000, 147_231),
    indices,
    docsPerSecond: 23_400,
    bytesPerSecond: 9_100_000,
    etaMs: 4000,
    width: 8,
    maxWidth: 8,
    throttleReason: '',
    paused: false,
    pausedBy: null,
    retries: 0,
    partitionsDone: 1,
    partitionsKnown: 3,
    partitionsRedone: 0,
    ...changes,
  }
}

export function sampleIndex(index: string, state: IndexProgress['state'], read: number, expectedDocs: number): IndexProgress {
  return {
    index,
    target: index,
    state,
    expectedDocs,
    expectedBytes: expectedDocs * 400,
    counts: { read, written: read, alreadyNewer: 0, setAside: 0, filtered: 0, bytes: read * 400 },
    docsPerSecond: state === 'copying' ? 23_400 : 0,
    etaMs: state === 'copying' ? Math.round((1000 * (expectedDocs - read)) / 23_400) : null,
    lag: null,
  }
}

test('the sample adds up', () => {
  const { total, indices } = sampleProgress()
  expect(indices.reduce((sum, { counts }) => sum + counts.read, 0)).toBe(total.counts.read)
})
