/** The same index by the target's own `_reindex` as a whole, by the engine `reindex`, and by the engine `stream`, near the source and far from it. */
import type { Clusters } from './clusters.ts'
import { delayed } from './delay.ts'
import { markdown, spreadCell, spreadOf } from './figures.ts'
import { machine } from './machine.ts'
import { measure } from './measure.ts'
import type { Measurement, Outcome } from './measure.ts'
import { nativeReindex } from './native.ts'
import { deleteIndex } from './node.ts'
import { cpuSeconds, endedChildrenCpuSeconds } from './process-usage.ts'
import { keepResult } from './results.ts'
import { shardferryCopy } from './shardferry.ts'
import { loadedIndex } from './source-index.ts'

const ways = ['native', 'reindex', 'stream'] as const
type Way = (typeof ways)[number]
type Round = Readonly<Record<Way, Measurement>>

const titles: Readonly<Record<Way, string>> = {
  native: '`_reindex` of the whole index, as it is by default',
  reindex: '`shardferry copy --engine reindex`',
  stream: '`shardferry copy`',
}

const roundTripsMs = [0, 20] as const
/** Of the far source's time as a whole index. */
const wanted: Readonly<Record<'reindex' | 'stream', number>> = { reindex: 0.6, stream: 0.5 }
/** What a `_reindex` request takes that says nothing else. */
const nativeBatchDocs = 1000

export async function benchEngines(
  clusters: Clusters,
  rounds: number,
  docs: number,
  warmUp: boolean,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { node: source } = clusters.source
  const { node: target } = clusters.target
  console.log(`${docs} documents are loaded ...`)
  const index = await loadedIndex(source, docs, signal)
  const before = machine()
  const measured = new Map<number, Round[]>(roundTripsMs.map(ms => [ms, []]))
  for (let n = warmUp ? 0 : 1; n <= rounds; n++) {
    for (const roundTripMs of roundTripsMs) {
      await using far = await delayed(source.url, roundTripMs)
      const seen = { ...source, url: roundTripMs === 0 ? source.url : far.url }
      const round = {} as Record<Way, Measurement>
      for (const way of ways) {
        await deleteIndex(target, index.name)
        const copy = (): Promise<Outcome> =>
          way === 'native'
            ? nativeReindex(seen, target, index, 0, nativeBatchDocs)
            : shardferryCopy(seen, target, index, ['--engine', way, ...flags], signal)
        const clientCpu = way === 'native' ? (): number => cpuSeconds(process.pid) : endedChildrenCpuSeconds
        round[way] = await measure(clusters, clientCpu, copy, signal)
        if (round[way].docs !== docs) throw new Error(`${way} left ${round[way].docs} of ${docs} documents on the target.`)
        const name = n === 0 ? 'warm-up' : `round ${n}`
        console.log(`${name}  ${roundTripMs} ms  ${way.padEnd(8)} ${round[way].wallSeconds.toFixed(1)} s`)
      }
      if (n > 0) measured.get(roundTripMs)?.push(round)
    }
  }
  await deleteIndex(target, index.name)
  const facts = { at: new Date().toISOString(), machine: { ...before, loadAfter: machine().load }, docs, flags, nativeBatchDocs }
  const result = { ...facts, roundTrips: [...measured].map(([roundTripMs, all]) => ({ roundTripMs, rounds: all })) }
  console.log(`\n${table(measured)}\n\n${keepResult('engines', result)}`)
}

function table(measured: ReadonlyMap<number, readonly Round[]>): string {
  const rows = [...measured].flatMap(([roundTripMs, rounds]) =>
    ways.map(way => {
      const ratio = spreadOf(rounds.map(round => round[way].wallSeconds / round.native.wallSeconds))
      const bound = roundTripMs > 0 && way !== 'native' ? wanted[way] : undefined
      return [
        titles[way],
        `${roundTripMs} ms`,
        spreadCell(spreadOf(rounds.map(round => round[way].wallSeconds))),
        spreadCell(ratio),
        bound === undefined ? '' : `<= ${bound}`,
        bound === undefined ? '' : ratio.median <= bound ? 'met' : 'NOT met',
      ]
    }),
  )
  return markdown(['', 'round trip', 'wall s', 'of the whole index', 'bound', ''], rows)
}
