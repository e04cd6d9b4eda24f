import type { Clusters } from './clusters.ts'
import { untilQuiet } from './clusters.ts'
import { machine } from './machine.ts'
import { deleteIndex } from './node.ts'
import { keepResult } from './results.ts'
import { shardferryCopy } from './shardferry.ts'
import { loadedIndex } from './source-index.ts'

const sizes = [100_000, 2_000_000] as const

/** Peak resident memory of `shardferry copy` for a small and a large index: it should be the same. */
export async function benchMemory(clusters: Clusters, signal: AbortSignal): Promise<void> {
  const source = clusters.source.node
  const target = clusters.target.node
  const measured: { docs: number; bytes: number; seconds: number; peakBytes: number }[] = []
  for (const docs of sizes) {
    console.log(`${docs} documents are loaded and copied ...`)
    const index = await loadedIndex(source, docs, signal)
    await deleteIndex(target, index.name)
    await untilQuiet(clusters, signal)
    const startMs = performance.now()
    const copied = await shardferryCopy(source, target, index, [], signal)
    const seconds = (performance.now() - startMs) / 1000
    if (copied.docs !== docs) throw new Error(`There are ${copied.docs} of ${docs} documents on the target.`)
    measured.push({ docs, bytes: copied.bytes, seconds, peakBytes: copied.clientPeakBytes ?? 0 })
    await deleteIndex(target, index.name)
  }
  const rows = measured.map(
    ({ docs, bytes, seconds, peakBytes }) =>
      `| ${docs} | ${(bytes / 1e9).toFixed(2)} | ${seconds.toFixed(1)} | ${(peakBytes / 1e6).toFixed(0)} |`,
  )
  console.log(['', '| documents | GB of `_source` | s | peak resident MB |', '| --- | --- | --- | --- |', ...rows, ''].join('\n'))
  console.log(keepResult('memory', { at: new Date().toISOString(), machine: machine(), measured }))
}
