/** `node bench/main.ts --scale`: what planning, journal, memory and status cost for sources from ten documents to ten thousand million. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdown } from '../figures.ts'
import { machine } from '../machine.ts'
import { endedChildrenCpuSeconds } from '../process-usage.ts'
import { keepResult } from '../results.ts'
import { bin } from '../shardferry.ts'
import type { Measured } from './one.ts'
import type { Size } from './simulated.ts'

const sizes: readonly Size[] = [
  { indices: 1, shardsEach: 1, docs: 10 },
  { indices: 1, shardsEach: 1, docs: 1e6 },
  { indices: 1, shardsEach: 8, docs: 1e8 },
  { indices: 1, shardsEach: 8, docs: 1e9 },
  { indices: 100, shardsEach: 10, docs: 1e9 },
  { indices: 1, shardsEach: 1_024, docs: 1e9 },
  { indices: 1_000, shardsEach: 1, docs: 1e6 },
  { indices: 10_000, shardsEach: 1, docs: 1e7 },
  { indices: 1, shardsEach: 64, docs: 1e10 },
  { indices: 1_000, shardsEach: 100, docs: 1e10 },
]

interface Result extends Measured {
  readonly statusMs: number
  readonly statusCpuMs: number
}

export function benchScale(): void {
  const measured: Result[] = []
  for (const size of sizes) {
    const result = measure(size)
    measured.push(result)
    console.log(cells(result).join('  '))
  }
  console.log(`\n${table(measured)}\n\n${keepResult('scale', { at: new Date().toISOString(), machine: machine(), measured })}`)
}

/** On a file system in memory where there is one: a disk's own pace is not what is looked at. */
function measure({ indices, shardsEach, docs }: Size): Result {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'shardferry-scale-'))
  try {
    const one = fileURLToPath(new URL('one.ts', import.meta.url))
    const own = join(folder, 'scale')
    const told = run('--heap-growing-percent=200', one, String(indices), String(shardsEach), String(docs), own)
    const status: { ms: number; cpuMs: number }[] = []
    for (let n = 0; n < 5; n++) {
      const [startMs, startCpu] = [performance.now(), endedChildrenCpuSeconds()]
      run(bin, 'status', '--state', folder, '--name', 'scale')
      status.push({ ms: performance.now() - startMs, cpuMs: 1000 * (endedChildrenCpuSeconds() - startCpu) })
    }
    const least = (of: (one: { ms: number; cpuMs: number }) => number): number => Math.min(...status.map(of))
    return { ...(JSON.parse(told) as Measured), statusMs: least(one => one.ms), statusCpuMs: least(one => one.cpuMs) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

function cells(one: Result): string[] {
  const { size, partitions, planSeconds, runSeconds, journalBytes, peakBytes, snapshotMs, resumeMs, statusMs, statusCpuMs } = one
  return [
    size.docs.toLocaleString('en'),
    `${size.indices} × ${size.shardsEach}`,
    String(partitions),
    planSeconds.toFixed(2),
    runSeconds.toFixed(1),
    (journalBytes / 1e6).toFixed(2),
    (peakBytes / 1e6).toFixed(0),
    snapshotMs.toFixed(1),
    resumeMs.toFixed(0),
    `${statusMs.toFixed(0)} (${statusCpuMs.toFixed(0)})`,
  ]
}

function table(measured: readonly Result[]): string {
  const head = [
    'documents',
    'indices × shards',
    'partitions',
    'plan s',
    'cut, hand out, account s',
    'journal MB',
    'peak MB',
    'a look ms',
    'resume ms',
    '`status` ms (CPU)',
  ]
  return markdown(head, measured.map(cells))
}
