import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './measure.ts'
import { countDocs, type Node } from './node.ts'
import { peakBytes } from './process-usage.ts'
import type { SourceIndex } from './source-index.ts'

export const bin = fileURLToPath(new URL('../bin/shardferry.mjs', import.meta.url))

interface ReportEvent {
  readonly event: string
  readonly verdict?: string
  readonly total?: { readonly bytes: number; readonly written: number }
}

/** One `shardferry copy` as anybody would run it, from the start of its process to its end. */
export async function shardferryCopy(
  source: Node,
  target: Node,
  { name: pattern }: Pick<SourceIndex, 'name'>,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const state = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
  try {
    const args = ['copy', source.url, target.url, '--index', pattern, '--name', 'bench', '--state', state, '--json', ...flags]
    const { code, output, peak } = await runWatched([bin, ...args], signal)
    const report = output
      .split('\n')
      .flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as ReportEvent] : []))
      .find(event => event.event === 'report')
    if (code !== 0 || report?.verdict !== 'exact') throw new Error(`shardferry ended with ${code}:\n${output.slice(-2000)}`)
    return { docs: await countDocs(target, pattern), bytes: report.total?.bytes ?? 0, clientPeakBytes: peak }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** One `shardferry verify` of two clusters, from the start of its process to its end. */
export async function shardferryVerify(
  source: Node,
  target: Node,
  index: SourceIndex,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly seconds: number; readonly peakBytes: number }> {
  const state = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
  try {
    const args = [
      'verify',
      source.url,
      target.url,
      '--index',
      index.name,
      '--name',
      'bench',
      '--state',
      state,
      '--json',
      ...flags,
    ]
    const startMs = performance.now()
    const { code, output, peak } = await runWatched([bin, ...args], signal)
    if (code !== 0) throw new Error(`shardferry verify ended with ${code}:\n${output.slice(-2000)}`)
    return { seconds: (performance.now() - startMs) / 1000, peakBytes: peak }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** Runs Node with these arguments; the kernel's high-water mark of its memory is read until it ends. */
export function runWatched(
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number; output: string; peak: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
    let output = ''
    let peak = 0
    const timer = setInterval(() => (peak = Math.max(peak, peakBytes(child.pid ?? 0) ?? 0)), 50)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    child.on('error', error => {
      clearInterval(timer)
      reject(error)
    })
    child.on('close', code => {
      clearInterval(timer)
      resolve({ code: code ?? -1, output, peak })
    })
  })
}
