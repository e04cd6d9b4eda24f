import type { Measurement } from './measure.ts'

export const ways = ['native', 'shardferry', 'limit', 'scroll'] as const
export type Way = (typeof ways)[number]

export type Round = Readonly<Record<Way, Measurement>>

/** A median of some rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** A figure Shardferry should keep; `of` is taken from each round by itself, so that a slow minute hurts both sides of a ratio. */
export interface Bound {
  readonly title: string
  readonly atMost: number
  readonly of: (round: Round) => number
}

export const bounds: readonly Bound[] = [
  { title: 'wall time / limit', atMost: 1.15, of: ({ shardferry, limit }) => shardferry.wallSeconds / limit.wallSeconds },
  {
    title: 'wall time / native `_reindex`',
    atMost: 0.85,
    of: ({ shardferry, native }) => shardferry.wallSeconds / native.wallSeconds,
  },
  {
    title: "source's CPU / one plain scroll's",
    atMost: 1.3,
    of: ({ shardferry, scroll }) => shardferry.sourceCpuSeconds / scroll.sourceCpuSeconds,
  },
  {
    title: 'client CPU, seconds per GB of `_source`',
    atMost: 5,
    of: ({ shardferry }) => shardferry.clientCpuSeconds / (shardferry.bytes / 1e9),
  },
  { title: 'peak memory of the client, MB', atMost: 250, of: ({ shardferry }) => (shardferry.clientPeakBytes ?? 0) / 1e6 },
]

const titles: Readonly<Record<Way, string>> = {
  native: '`_reindex` from remote, size 5000',
  shardferry: '`shardferry copy`',
  limit: 'the limit: prepared bodies, only sent',
  scroll: 'one plain scroll, thrown away',
}

const columns: readonly (readonly [title: string, of: (m: Measurement) => number])[] = [
  ['wall s', m => m.wallSeconds],
  ['docs/s', m => m.docs / m.wallSeconds],
  ['source CPU s', m => m.sourceCpuSeconds],
  ['target CPU s', m => m.targetCpuSeconds],
  ['target CPU s, with merges', m => m.targetCpuUntilQuietSeconds],
  ['client CPU s', m => m.clientCpuSeconds],
  ['client peak MB', m => (m.clientPeakBytes ?? NaN) / 1e6],
  ['others CPU s', m => m.othersCpuSeconds],
]

/** Both tables as Markdown. */
export function tables(rounds: readonly Round[]): string {
  const measured = ways.map(way => [
    titles[way],
    ...columns.map(([, of]) => spreadCell(spreadOf(rounds.map(round => of(round[way]))))),
  ])
  const kept = bounds.map(({ title, atMost, of }) => {
    const spread = spreadOf(rounds.map(of))
    return [title, spreadCell(spread), `<= ${atMost}`, spread.median <= atMost ? 'met' : 'NOT met']
  })
  return [
    markdown(['', ...columns.map(([title]) => title)], measured),
    markdown(['Shardferry', 'median (min–max)', 'bound', ''], kept),
  ].join('\n\n')
}

export function spreadCell({ median, min, max }: Spread): string {
  return Number.isNaN(median) ? '–' : `${short(median)} (${short(min)}–${short(max)})`
}

function short(value: number): string {
  return value >= 1000
    ? String(Math.round(value))
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2)
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}
