/** Shardferry against what people use now, on one corpus and network after the other: `node bench/peers.ts --help`. docs/performance.md */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { generalRows } from '../src/settings/table.ts'
import type { SettingRow } from '../src/settings/table.ts'
import { parseBytes } from '../src/settings/units.ts'
import { heap, openClusters } from './clusters.ts'
import type { Clusters } from './clusters.ts'
import { corpora, corpusNamed } from './corpora.ts'
import { delayed } from './delay.ts'
import { prepareBodies } from './limit.ts'
import { machine } from './machine.ts'
import { measure } from './measure.ts'
import type { Measurement } from './measure.ts'
import { deleteIndex } from './node.ts'
import { defaultSize, peers } from './peers/all.ts'
import { chart } from './peers/chart.ts'
import type { Peer, Stage } from './peers/peer.ts'
import { tables } from './peers/table.ts'
import type { PeerResult, SliceResult } from './peers/table.ts'
import { cpuSeconds, endedChildrenCpuSeconds } from './process-usage.ts'
import { keepResult } from './results.ts'
import { loadCorpus } from './source-index.ts'

const help = `Copies a corpus by each peer in turn, round after round, on two servers of this machine.

  node bench/peers.ts [options] [-- flags of shardferry copy]

  --corpus NAME,...   ${corpora.map(({ name }) => name).join(' ')} (logs)
  --peers NAME,...    ${peers.map(({ name }) => name).join(' ')} (all that are here)
  --network NAME,...  none, or milliseconds of a round trip to the source with 100 Mbit/s: 20 80 (none)
  --rounds N          measured rounds (3); one more goes before them, in which sizes are tried
  --no-warm-up        begin with the first measured round, at the first size
  --docs N            instead of the corpus' own number
  --keep              leave the servers running; the next run takes them again
  --table FILE...     Markdown of earlier results, and with --chart FILE a chart
  --chart FILE        write an SVG chart`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string', default: 'logs' },
    peers: { type: 'string' },
    network: { type: 'string', default: 'none' },
    rounds: { type: 'string', default: '3' },
    'no-warm-up': { type: 'boolean', default: false },
    docs: { type: 'string' },
    keep: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    chart: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) console.log(help)
else if (values.table) show(positionals.map(file => JSON.parse(readFileSync(file, 'utf8')) as SliceResult))
else await bench()

function show(slices: readonly SliceResult[]): void {
  console.log(`\n${tables(slices)}\n`)
  if (values.chart === undefined) return
  mkdirSync(dirname(values.chart), { recursive: true })
  writeFileSync(values.chart, chart(slices))
}

async function bench(): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error('Stopped.')))
  const wanted = values.peers?.split(',')
  const chosen = peers.filter(({ name }) => wanted?.includes(name) ?? true)
  const here = chosen.filter(peer => {
    const why = peer.missing?.()
    if (why !== undefined) console.log(`${peer.name} is left out, ${why}`)
    return why === undefined
  })
  await using clusters = await openClusters(values.keep)
  for (const { node } of [clusters.source, clusters.target])
    await node.send('PUT', '/_cluster/settings', { persistent: { 'cluster.max_shards_per_node': 20_000 } })
  const slices: SliceResult[] = []
  for (const corpus of values.corpus.split(','))
    for (const network of values.network.split(',')) {
      const slice = await measureSlice(clusters, corpus, network, here, stop.signal)
      console.log(keepResult('peers', slice))
      slices.push(slice)
    }
  show(slices)
}

async function measureSlice(
  clusters: Clusters,
  corpusName: string,
  network: string,
  chosen: readonly Peer[],
  signal: AbortSignal,
): Promise<SliceResult> {
  const corpus = corpusNamed(corpusName)
  const { node: source } = clusters.source
  console.log(`${corpus.title}, network ${network}: loading ...`)
  const loaded = await loadCorpus(source, corpus, Number(values.docs ?? corpus.docs), signal)
  const defaults = new Map(generalRows.map((row: SettingRow) => [row.key, row.default]))
  const pageBytes = parseBytes(String(defaults.get('pageBytes'))) ?? 0
  const docBytes = Math.ceil(Buffer.byteLength(corpus.documents().next().value as string))
  const one = loaded.indices.length === 1 ? loaded.indices[0] : undefined
  const prepared =
    one && chosen.some(({ name }) => name === 'limit')
      ? await prepareBodies(source, one, pageBytes, Math.max(1, Math.min(5_000, Math.floor(50e6 / docBytes))))
      : undefined
  await using far = network === 'none' ? undefined : await delayed(source.url, Number(network), 100)
  const stage: Stage = {
    source: { ...source, url: far?.url ?? source.url },
    target: clusters.target.node,
    loaded,
    docBytes,
    prepared,
    width: Number(defaults.get('width')),
    flags: positionals,
  }
  const before = machine()
  const results = new Map<
    Peer,
    { sizes: Map<number, number>; rounds: (Measurement & { wireBytes?: number })[]; failed?: string }
  >(chosen.map(peer => [peer, { sizes: new Map(), rounds: [] }]))
  for (let n = values['no-warm-up'] ? 1 : 0; n <= Number(values.rounds); n++)
    for (const [peer, result] of results) {
      if (result.failed !== undefined) continue
      const sizes = [...new Set(peer.sizes?.(stage) ?? [defaultSize])]
      for (const size of n === 0 ? sizes : [best(result.sizes) ?? sizes[0]!]) {
        const bytesBefore = far?.bytes ?? 0
        try {
          const measured = await measurePeer(peer, stage, clusters, size, signal)
          if (n === 0) result.sizes.set(size, measured.wallSeconds)
          else result.rounds.push(far ? { ...measured, wireBytes: far.bytes - bytesBefore } : measured)
          console.log(
            `${n === 0 ? 'warm-up' : `round ${n}`}  ${peer.name.padEnd(17)} ${size} ${measured.wallSeconds.toFixed(1)} s`,
          )
        } catch (thrown) {
          signal.throwIfAborted()
          result.failed = thrown instanceof Error ? thrown.message.slice(0, 300) : String(thrown)
          console.log(`${peer.name} failed: ${result.failed}`)
        }
      }
    }
  await deleteIndex(clusters.target.node, loaded.pattern)
  return {
    at: new Date().toISOString(),
    command: `node bench/peers.ts ${process.argv.slice(2).join(' ')}`,
    machine: { ...before, loadAfter: machine().load },
    servers: { source: clusters.source.dist, target: clusters.target.dist, heap },
    corpus: corpus.name,
    title: corpus.title,
    network,
    docs: loaded.docs,
    bytes: loaded.docs * docBytes,
    peers: [...results].map(([{ name, title, sizes }, { rounds, sizes: tried, failed }]): PeerResult => ({
      name,
      title,
      rounds,
      ...(sizes ? { size: best(tried) ?? sizes(stage)[0]! } : {}),
      ...(failed === undefined ? {} : { failed }),
    })),
  }
}

/** The fastest of those tried. */
function best(sizes: ReadonlyMap<number, number>): number | undefined {
  return [...sizes].toSorted(([, a], [, b]) => a - b)[0]?.[0]
}

async function measurePeer(
  peer: Peer,
  stage: Stage,
  clusters: Clusters,
  size: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const { loaded } = stage
  await deleteIndex(clusters.target.node, loaded.pattern)
  await clusters.source.node.send('POST', `/${loaded.pattern}/_refresh`)
  const clientCpu = peer.client === 'child' ? endedChildrenCpuSeconds : (): number => cpuSeconds(process.pid)
  const measured = await measure(clusters, clientCpu, () => peer.run(stage, size, signal), signal)
  if (measured.docs !== loaded.docs) throw new Error(`${measured.docs} of ${loaded.docs} documents arrived.`)
  return measured
}
