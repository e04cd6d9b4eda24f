/** `make bench`: how fast Shardferry copies, as ratios against peers measured in turn in the same run. docs/performance.md */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseBytes } from '../src/settings/units.ts'
import { generalRows, type SettingRow } from '../src/settings/table.ts'
import { heap, openClusters, type Clusters } from './clusters.ts'
import { tables, ways, type Round, type Way } from './figures.ts'
import { prepareBodies, sendPrepared, type Prepared } from './limit.ts'
import { benchForeground } from './foreground.ts'
import { benchIdle } from './idle.ts'
import { machine } from './machine.ts'
import { measure, type Measurement, type Outcome } from './measure.ts'
import { benchLive } from './live.ts'
import { benchMemory } from './memory.ts'
import { nativeReindex } from './native.ts'
import { deleteIndex } from './node.ts'
import { cpuSeconds, endedChildrenCpuSeconds } from './process-usage.ts'
import { keepResult } from './results.ts'
import { benchScale } from './scale/main.ts'
import { shardferryCopy } from './shardferry.ts'
import { benchVerify } from './verify.ts'
import { loadedIndex, scrollAll, type SourceIndex } from './source-index.ts'

const help = `Measures Shardferry against the target's own _reindex and against the target's limit, on two servers of this machine.

  node bench/main.ts [options] [-- flags of shardferry copy]

  --rounds N     measured rounds (3); one more goes before them to warm the servers up
  --docs N       log documents of about 1 KB (400000)
  --no-warm-up   begin with the first measured round
  --memory       instead: the client's peak memory for a small and a large index (100000 and 2000000 documents)
  --verify       instead: a full verify against the copy before it, and its peak memory (500000 and 2000000 documents)
  --live         instead: how long cutovers and rollbacks block, and the lag, with a thousand writes a second
  --idle         instead: what following costs while nothing happens on the source
  --foreground   instead: what searches on the source take, without a copy, with one, and with one that does not watch
  --scale        instead: planning, journal, memory and status for simulated sources of 10 to 10^10 documents, without servers
  --apart        with --foreground: source and searches on one half of the CPUs, target and copy on the other, as on machines of their own
  --keep         leave the servers running; the next run takes them again`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    docs: { type: 'string', default: '400000' },
    'no-warm-up': { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    idle: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
    foreground: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    apart: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error('Stopped.')))

if (values.help) console.log(help)
else if (values.scale) benchScale()
else if (!existsSync('/proc/self/stat')) {
  console.error('The bench reads CPU and memory of processes from /proc: it needs Linux.')
  process.exitCode = 2
} else {
  await using clusters = await openClusters(values.keep)
  if (values.memory) await benchMemory(clusters, stop.signal)
  else if (values.live) await benchLive(clusters, stop.signal)
  else if (values.verify) await benchVerify(clusters, positionals, stop.signal)
  else if (values.idle) await benchIdle(clusters, Number(values.docs), stop.signal)
  else if (values.foreground)
    await benchForeground(
      clusters,
      Number(values.rounds),
      Number(values.docs),
      !values['no-warm-up'],
      values.apart,
      positionals,
      stop.signal,
    )
  else await benchCopy(clusters, Number(values.rounds), Number(values.docs), positionals, stop.signal)
}

async function benchCopy(
  clusters: Clusters,
  wanted: number,
  docs: number,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { node: source } = clusters.source
  const width = Number(flagOf(flags, '--width') ?? defaultOf('width'))
  const pageBytes = parseBytes(flagOf(flags, '--page-bytes') ?? defaultOf('pageBytes')) ?? 0
  console.log(`${docs} documents are loaded and bulk bodies prepared ...`)
  const index = await loadedIndex(source, docs, signal)
  const prepared = await prepareBodies(source, index, pageBytes)
  const before = machine()
  const rounds: Round[] = []
  for (let n = values['no-warm-up'] ? 1 : 0; n <= wanted; n++) {
    const round = {} as Record<Way, Measurement>
    for (const way of ways) {
      await deleteIndex(clusters.target.node, index.name)
      await source.send('POST', `/${index.name}/_refresh`)
      round[way] = await measureWay(way, clusters, index, prepared, width, flags, signal)
      console.log(`${n === 0 ? 'warm-up' : `round ${n}`}  ${way.padEnd(10)} ${line(round[way])}`)
    }
    if (n > 0) rounds.push(round)
  }
  await deleteIndex(clusters.target.node, index.name)
  const facts = {
    at: new Date().toISOString(),
    machine: { ...before, loadAfter: machine().load },
    servers: { source: clusters.source.dist, target: clusters.target.dist, heap },
    docs,
    bytes: prepared.bytes,
    width,
    pageBytes,
    flags,
  }
  console.log(`\n${tables(rounds)}\n\n${keepResult('copy', { ...facts, rounds })}`)
}

async function measureWay(
  way: Way,
  clusters: Clusters,
  index: SourceIndex,
  prepared: Prepared,
  width: number,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<Measurement> {
  const source = clusters.source.node
  const target = clusters.target.node
  const own = (): number => cpuSeconds(process.pid)
  const clientCpu = way === 'shardferry' ? endedChildrenCpuSeconds : own
  const copy = (): Promise<Outcome> => {
    switch (way) {
      case 'native':
        return nativeReindex(source, target, index, prepared.bytes)
      case 'shardferry':
        return shardferryCopy(source, target, index, flags, signal)
      case 'limit':
        return sendPrepared(target, index, prepared, width)
      case 'scroll':
        return scrollAll(source, index, 5000, () => undefined).then(() => ({ docs: index.docs, bytes: prepared.bytes }))
    }
  }
  const measured = await measure(clusters, clientCpu, copy, signal)
  if (measured.docs !== index.docs) throw new Error(`${way} left ${measured.docs} of ${index.docs} documents on the target.`)
  return measured
}

function line(m: Measurement): string {
  const cpu = [m.sourceCpuSeconds, m.targetCpuSeconds, m.clientCpuSeconds, m.othersCpuSeconds]
  return `${m.wallSeconds.toFixed(1)} s, CPU of source/target/client/others ${cpu.map(value => value.toFixed(1)).join('/')} s`
}

function defaultOf(key: 'width' | 'pageBytes'): string {
  const row: SettingRow | undefined = generalRows.find(one => one.key === key)
  return String(row?.default)
}

function flagOf(flags: readonly string[], name: string): string | undefined {
  const at = flags.indexOf(name)
  return at < 0 ? undefined : flags[at + 1]
}
