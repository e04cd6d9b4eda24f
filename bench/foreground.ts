/** What a copy does to those who search the source meanwhile: the same searches at the same pace, with and without it, in turn. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilQuiet, type Clusters } from './clusters.ts'
import { randomFrom, wordsOf } from './documents.ts'
import { markdown, spreadCell, spreadOf } from './figures.ts'
import { machine } from './machine.ts'
import { deleteIndex, type Node } from './node.ts'
import { keepResult } from './results.ts'
import { cpuSeconds, endedChildrenCpuSeconds, machineCpuSeconds } from './process-usage.ts'
import { bin } from './shardferry.ts'
import { seed } from './corpora.ts'
import { loadedIndex, type SourceIndex } from './source-index.ts'

/** The index that is searched; another one is copied. */
const searchedDocs = 100_000
const perSecond = 40
const seconds = 60
/** Of a copy: others arrive, and the copy finds its pace. */
const atMost = 1.25

const ways = ['without', 'default', 'unprotected'] as const
type Way = (typeof ways)[number]

interface Measured {
  readonly p50: number
  readonly p99: number
  readonly searches: number
  readonly copiedPerSecond: number
  readonly reasons: readonly string[]
  /** CPUs that everything else on the machine used meanwhile: how far to trust this. */
  readonly othersCpus: number
}

export async function benchForeground(
  clusters: Clusters,
  rounds: number,
  docs: number,
  warmUp: boolean,
  apart: boolean,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const source = clusters.source.node
  if (apart) keepApart(clusters)
  console.log(`${searchedDocs} documents to search and ${docs} to copy are loaded ...`)
  const searched = await loadedIndex(source, searchedDocs, signal)
  const copied = await loadedIndex(source, docs, signal)
  const before = machine()
  const measured: Readonly<Record<Way, Measured>>[] = []
  for (let n = warmUp ? 0 : 1; n <= rounds; n++) {
    const round = {} as Record<Way, Measured>
    for (const way of ways) {
      await deleteIndex(clusters.target.node, copied.name)
      await untilQuiet(clusters, signal)
      round[way] = await measureWay(way, clusters, searched, copied, apart, flags, signal)
      console.log(`${n === 0 ? 'warm-up' : `round ${n}`}  ${way.padEnd(11)} ${line(round[way])}`)
    }
    if (n > 0) measured.push(round)
  }
  await deleteIndex(clusters.target.node, copied.name)
  const facts = {
    at: new Date().toISOString(),
    machine: { ...before, loadAfter: machine().load },
    docs,
    flags,
    perSecond,
    seconds,
  }
  console.log(`\n${table(measured)}\n\n${keepResult('foreground', { ...facts, rounds: measured })}`)
}

async function measureWay(
  way: Way,
  { source, target }: Clusters,
  searched: SourceIndex,
  copied: SourceIndex,
  apart: boolean,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<Measured> {
  // Who searches was there before the copy.
  const stop = new AbortController()
  const load = searchEvenly(source.node, searched.name, stop.signal)
  await sleep(3_000, undefined, { signal })
  const own = way === 'unprotected' ? ['--no-protect', ...flags] : flags
  const copy = way === 'without' ? undefined : startCopy(source.node, target.node, copied, apart, own)
  const used = (): number => machineCpuSeconds() - cpuSeconds(source.pid) - cpuSeconds(target.pid) - cpuSeconds(process.pid)
  const [fromMs, before] = [performance.now(), used() - endedChildrenCpuSeconds()]
  await Promise.race([sleep(1000 * seconds, undefined, { signal }), ...(copy ? [copy.ended] : [])])
  const toMs = performance.now()
  const done = await copy?.stop()
  const othersCpus = (used() - endedChildrenCpuSeconds() - before) / ((performance.now() - fromMs) / 1000)
  stop.abort()
  const took = (await load).filter(one => one.atMs >= fromMs && one.atMs < toMs).map(one => one.ms)
  const sorted = took.toSorted((a, b) => a - b)
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
  return {
    p50: quantile(0.5),
    p99: quantile(0.99),
    searches: sorted.length,
    copiedPerSecond: (1000 * (done?.written ?? 0)) / (toMs - fromMs),
    reasons: done?.reasons ?? [],
    othersCpus,
  }
}

/** A search every so many milliseconds, whether those before are answered or not; each is timed from when it was due. */
async function searchEvenly(node: Node, index: string, signal: AbortSignal): Promise<readonly { atMs: number; ms: number }[]> {
  const random = randomFrom(seed)
  const words = wordsOf(seed)
  const took: { atMs: number; ms: number }[] = []
  const running = new Set<Promise<void>>()
  for (let dueMs = performance.now(); !signal.aborted; dueMs += 1000 / perSecond) {
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const word = (): string => words[Math.floor(words.length * random() ** 2)]!
    const body = {
      size: 10,
      query: {
        bool: {
          must: [{ match: { message: `${word()} ${word()} ${word()}` } }],
          filter: [{ range: { duration_ms: { gte: 100 } } }],
        },
      },
      aggs: { services: { terms: { field: 'service' } } },
    }
    const run = node
      .send('POST', `/${index}/_search?request_cache=false`, body)
      .then(() => void took.push({ atMs: dueMs, ms: performance.now() - dueMs }))
      .finally(() => running.delete(run))
    running.add(run)
  }
  await Promise.all(running)
  return took
}

interface RunningCopy {
  readonly ended: Promise<void>
  /** Stops it where it still runs. */
  stop(): Promise<{ readonly written: number; readonly reasons: readonly string[] }>
}

interface ProgressEvent {
  readonly event: string
  readonly throttleReason?: string
  readonly total?: { readonly counts?: { readonly written: number } }
}

/** The source and who searches there have one half of the CPUs, the target and the copy the other: as on machines of their own. */
function keepApart({ source, target }: Clusters): void {
  for (const [pid, cpus] of [
    [source.pid, halves.source],
    [process.pid, halves.source],
    [target.pid, halves.target],
  ] as const)
    execFileSync(pinning, ['-acp', cpus, String(pid)], { stdio: 'ignore' })
}

/** Of util-linux. */
const pinning = 'taskset'
const half = Math.ceil(cpus().length / 2)
const halves = { source: `0-${half - 1}`, target: `${half}-${Math.max(half, cpus().length - 1)}` }

function startCopy(source: Node, target: Node, index: SourceIndex, apart: boolean, flags: readonly string[]): RunningCopy {
  const state = mkdtempSync(join(tmpdir(), 'shardferry-bench-'))
  const args = ['copy', source.url, target.url, '--index', index.name, '--name', 'bench', '--state', state, '--json', ...flags]
  const command = [...(apart ? [pinning, '-c', halves.target] : []), process.execPath, bin, ...args]
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve())
  })
  return {
    ended,
    stop: async () => {
      child.kill('SIGINT')
      await ended
      rmSync(state, { recursive: true, force: true })
      const events = output.split('\n').flatMap(one => (one.startsWith('{') ? [JSON.parse(one) as ProgressEvent] : []))
      const seen = events.filter(({ event }) => event === 'progress')
      const reasons = new Set(
        seen.map(({ throttleReason = '' }) => throttleReason.replaceAll(/[\d.]+/g, 'N')).filter(one => one !== ''),
      )
      return { written: seen.at(-1)?.total?.counts?.written ?? 0, reasons: [...reasons] }
    },
  }
}

function line({ p50, p99, searches, copiedPerSecond, reasons, othersCpus }: Measured): string {
  const copied = copiedPerSecond > 0 ? `, ${Math.round(copiedPerSecond)} documents/s copied` : ''
  return `${searches} searches, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${copied}, ${othersCpus.toFixed(2)} CPUs for others${reasons.map(reason => `\n    ${reason}`).join('')}`
}

const titles: Readonly<Record<Way, string>> = {
  without: 'no copy',
  default: '`shardferry copy`',
  unprotected: '`shardferry copy --no-protect`',
}

function table(rounds: readonly Readonly<Record<Way, Measured>>[]): string {
  const rows = ways.map(way => {
    const spread = (of: (round: Readonly<Record<Way, Measured>>) => number): string => spreadCell(spreadOf(rounds.map(of)))
    const ratio = spreadOf(rounds.map(round => round[way].p99 / round.without.p99))
    const bound = way === 'default' ? [`<= ${atMost}`, ratio.median <= atMost ? 'met' : 'NOT met'] : ['', '']
    return [
      titles[way],
      spread(round => round[way].p50),
      spread(round => round[way].p99),
      way === 'without' ? '' : spreadCell(ratio),
      ...bound,
      way === 'without' ? '' : spread(round => round[way].copiedPerSecond),
      spread(round => round[way].othersCpus),
    ]
  })
  return markdown(['', 'p50 ms', 'p99 ms', 'p99 / without', 'bound', '', 'documents/s copied', 'CPUs for others'], rows)
}
