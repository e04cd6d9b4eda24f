import { markdown, spreadCell, spreadOf } from '../figures.ts'
import type { Measurement } from '../measure.ts'

export interface PeerResult {
  readonly name: string
  readonly title: string
  /** Of those tried, the fastest. */
  readonly size?: number
  readonly rounds: readonly (Measurement & { readonly wireBytes?: number })[]
  /** Why it did not come to its end. */
  readonly failed?: string
}

/** One corpus on one network. */
export interface SliceResult {
  readonly at: string
  readonly command: string
  readonly machine: object
  readonly servers: object
  readonly corpus: string
  readonly title: string
  readonly network: string
  readonly docs: number
  readonly bytes: number
  readonly peers: readonly PeerResult[]
}

type Round = PeerResult['rounds'][number]

const columns: readonly (readonly [title: string, of: (m: Round) => number])[] = [
  ['wall s', m => m.wallSeconds],
  ['source CPU s', m => m.sourceCpuSeconds],
  ['target CPU s', m => m.targetCpuSeconds],
  ['client CPU s', m => m.clientCpuSeconds],
  ['client peak MB', m => (m.clientPeakBytes ?? NaN) / 1e6],
  ['MB from the source', m => (m.wireBytes ?? NaN) / 1e6],
]

/** A figure to keep, of rounds that two peers were measured in one after the other. */
interface Bound {
  readonly title: string
  readonly peers: readonly [of: string, to: string]
  readonly atMost: number
  readonly of: (a: Round, b: Round, bytes: number) => number
  readonly where: (slice: SliceResult) => boolean
}

const wall = (a: Round, b: Round): number => a.wallSeconds / b.wallSeconds
const one = ({ corpus }: SliceResult): boolean => corpus !== 'small'
const near = ({ network }: SliceResult): boolean => network === 'none'

const bounds: readonly Bound[] = [
  {
    title: 'stream / writing limit',
    peers: ['stream', 'limit'],
    atMost: 1.1,
    of: wall,
    where: s => near(s) && s.corpus === 'logs',
  },
  {
    title: 'stream / native at its best',
    peers: ['stream', 'native-best'],
    atMost: 0.8,
    of: wall,
    where: s => near(s) && one(s),
  },
  {
    title: 'stream / native, 20 ms',
    peers: ['stream', 'native'],
    atMost: 0.4,
    of: wall,
    where: s => s.network === '20' && one(s),
  },
  { title: 'stream / elasticdump', peers: ['stream', 'elasticdump'], atMost: 0.3, of: wall, where: one },
  { title: 'stream / native in a loop', peers: ['stream', 'native'], atMost: 0.5, of: wall, where: s => !one(s) },
  {
    title: 'source CPU / one plain scroll',
    peers: ['stream', 'scroll'],
    atMost: 1.2,
    of: (a, b) => a.sourceCpuSeconds / b.sourceCpuSeconds,
    where: one,
  },
  {
    title: 'client CPU s per GB',
    peers: ['stream', 'stream'],
    atMost: 3.5,
    of: (a, _b, bytes) => a.clientCpuSeconds / (bytes / 1e9),
    where: one,
  },
  {
    title: 'client peak MB',
    peers: ['stream', 'stream'],
    atMost: 250,
    of: a => (a.clientPeakBytes ?? 0) / 1e6,
    where: () => true,
  },
]

/** Each slice as Markdown: what it took, and what was to be kept. */
export function tables(slices: readonly SliceResult[]): string {
  return slices.map(slice => [heading(slice), measuredTable(slice), boundsTable(slice)].filter(Boolean).join('\n\n')).join('\n\n')
}

export function heading({ title, network, docs, bytes }: SliceResult): string {
  const way = network === 'none' ? 'no delay' : `${network} ms and 100 Mbit/s to the source`
  return `${title[0]!.toUpperCase()}${title.slice(1)} (${docs.toLocaleString('en')} documents, ${(bytes / 1e9).toFixed(2)} GB), ${way}:`
}

function measuredTable({ peers }: SliceResult): string {
  const rows = peers.map(({ title, size, rounds, failed }) => {
    const name = size === undefined ? title : `${title} (size ${size})`
    if (failed !== undefined || rounds.length === 0)
      return [name, `failed: ${failed ?? ''}`.replaceAll('|', '/'), ...columns.slice(1).map(() => '')]
    return [name, ...columns.map(([, of]) => spreadCell(spreadOf(rounds.map(of))))]
  })
  return markdown(['', ...columns.map(([title]) => title)], rows)
}

function boundsTable(slice: SliceResult): string {
  const rounds = (name: string): readonly Round[] => slice.peers.find(peer => peer.name === name)?.rounds ?? []
  const rows = bounds
    .filter(({ where }) => where(slice))
    .flatMap(({ title, peers, atMost, of }) => {
      const [a, b] = peers.map(rounds) as [readonly Round[], readonly Round[]]
      const pairs = a.slice(0, b.length)
      if (pairs.length === 0) return []
      const spread = spreadOf(pairs.map((round, n) => of(round, b[n]!, slice.bytes)))
      return [[title, spreadCell(spread), `<= ${atMost}`, spread.median <= atMost ? 'met' : 'not met']]
    })
  return rows.length === 0 ? '' : markdown(['', 'measured', 'bound', ''], rows)
}
