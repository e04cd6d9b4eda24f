/** A slice of `make matrix`: what docs/compatibility.md says of these pairs is still so. */
import { expect, test } from 'vitest'
import { loadCorpus } from '../matrix/load.ts'
import { readRecord } from '../matrix/record.ts'
import { runPair } from '../matrix/run-pair.ts'
import type { FeatureOutcome } from '../matrix/run-pair.ts'
import { startServer } from '../matrix/server.ts'

test.each([
  ['elasticsearch-5.6.16', 'opensearch-3.8.0'],
  ['elasticsearch-9.5.3', 'elasticsearch-8.19.21'],
])(
  '%s to %s: every feature is kept, converted, dropped or refused as recorded',
  async (from, to) => {
    await using source = await startServer('test-matrix', from, 'source')
    await using target = await startServer('test-matrix', to, 'target')
    const { features } = await runPair(source, target, await loadCorpus(source))
    expect(told(features)).toEqual(told(readRecord().find(pair => pair.source === from && pair.target === to)?.features ?? {}))
    expect(Object.values(features).filter(({ proof }) => proof === 'failed')).toEqual([])
  },
  600_000,
)

function told(features: Readonly<Record<string, FeatureOutcome>>): Record<string, string> {
  return Object.fromEntries(Object.entries(features).map(([name, { verdict, proof }]) => [name, `${verdict}, ${proof}`]))
}
