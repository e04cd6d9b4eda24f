import type { Clusters } from './clusters.ts'
import { untilQuiet } from './clusters.ts'
import { machine } from './machine.ts'
import { deleteIndex } from './node.ts'
import { keepResult } from './results.ts'
import { shardferryCopy, shardferryVerify } from './shardferry.ts'
import { loadedIndex } from './source-index.ts'

const sizes = [500_000, 2_000_000] as const
/** Of the wall time of the copy before it. */
const ratioAtMost = 0.25
const peakMbAtMost = 250
/** Of the peak for the smaller size. */
const growthAtMost = 1.2

interface Measured {
  readonly docs: number
  readonly copySeconds: number
  readonly verifySeconds: number
  readonly idsSeconds: number
  readonly peakBytes: number
}

/** What a full `shardferry verify` costs beside the copy it follows: wall time as a ratio, and peak memory, which should not grow with the index. */
export async function benchVerify(clusters: Clusters, flags: readonly string[], signal: AbortSignal): Promise<void> {
  const source = clusters.source.node
  const target = clusters.target.node
  const measured: Measured[] = []
  for (const docs of sizes) {
    console.log(`${docs} documents are loaded, copied and compared ...`)
    const index = await loadedIndex(source, docs, signal)
    await deleteIndex(target, index.name)
    await untilQuiet(clusters, signal)
    const startMs = performance.now()
    const copied = await shardferryCopy(source, target, index, [], signal)
    const copySeconds = (performance.now() - startMs) / 1000
    if (copied.docs !== docs) throw new Error(`There are ${copied.docs} of ${docs} documents on the target.`)
    await untilQuiet(clusters, signal)
    const full = await shardferryVerify(source, target, index, flags, signal)
    await untilQuiet(clusters, signal)
    const ids = await shardferryVerify(source, target, index, ['--level', 'ids', ...flags], signal)
    measured.push({
      docs,
      copySeconds,
      verifySeconds: full.seconds,
      idsSeconds: ids.seconds,
      peakBytes: Math.max(full.peakBytes, ids.peakBytes),
    })
    await deleteIndex(target, index.name)
  }
  console.log(`\n${tableOf(measured)}\n`)
  console.log(keepResult('verify', { at: new Date().toISOString(), machine: machine(), flags, measured }))
}

function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ docs, copySeconds, verifySeconds, idsSeconds, peakBytes }) => [
    String(docs),
    copySeconds.toFixed(1),
    verifySeconds.toFixed(1),
    (verifySeconds / copySeconds).toFixed(3),
    idsSeconds.toFixed(1),
    (peakBytes / 1e6).toFixed(0),
  ])
  const worstRatio = Math.max(...measured.map(one => one.verifySeconds / one.copySeconds))
  const peak = Math.max(...measured.map(one => one.peakBytes)) / 1e6
  const growth = (measured.at(-1)?.peakBytes ?? 0) / (measured[0]?.peakBytes ?? 1)
  const bound = (title: string, value: number, atMost: number): string =>
    `${title}: ${value.toFixed(2)}, bound ${atMost}: ${value <= atMost ? 'met' : 'NOT met'}`
  return [
    '| documents | copy s | verify s | verify / copy | verify --level ids s | peak resident MB |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(row => `| ${row.join(' | ')} |`),
    '',
    bound('verify / copy', worstRatio, ratioAtMost),
    bound('peak MB', peak, peakMbAtMost),
    bound('peak of the large index / of the small one', growth, growthAtMost),
  ].join('\n')
}
