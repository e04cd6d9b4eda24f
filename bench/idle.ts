/** What a run costs while it follows a source in which nothing happens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clusters } from './clusters.ts'
import { machine } from './machine.ts'
import { deleteIndex } from './node.ts'
import { cpuSeconds, peakBytes } from './process-usage.ts'
import { keepResult } from './results.ts'
import { bin } from './shardferry.ts'
import { loadedIndex } from './source-index.ts'

/** A source counts as idle after half a minute. */
const settleMs = 45_000
const measuredMs = 120_000
/** Of a core. */
const atMost = 0.01

export async function benchIdle({ source, target }: Clusters, docs: number, signal: AbortSignal): Promise<void> {
  const index = await loadedIndex(source.node, docs, signal)
  await deleteIndex(target.node, index.name)
  const state = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
  const args = ['copy', source.node.url, target.node.url, '--index', index.name, '--name', 'bench', '--state', state, '--follow']
  const child = spawn(process.execPath, [bin, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'], signal })
  const ended = once(child, 'exit')
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('"phase":"following"')) resolve()
      })
      child.once('error', reject)
      child.once('exit', code => reject(new Error(`shardferry ended with ${code}.`)))
    })
    await sleep(settleMs, undefined, { signal })
    const before = cpuSeconds(child.pid!)
    await sleep(measuredMs, undefined, { signal })
    const share = (1000 * (cpuSeconds(child.pid!) - before)) / measuredMs
    const peakMb = (peakBytes(child.pid!) ?? 0) / 1e6
    console.log(
      `following an idle source: ${(100 * share).toFixed(2)}% of a core, bound ${100 * atMost}%: ${share <= atMost ? 'met' : 'NOT met'}`,
    )
    console.log(keepResult('idle', { at: new Date().toISOString(), machine: machine(), docs, share, peakMb }))
  } finally {
    child.kill('SIGTERM')
    await ended.catch(() => undefined)
    rmSync(state, { recursive: true, force: true })
    await deleteIndex(target.node, index.name)
  }
}
