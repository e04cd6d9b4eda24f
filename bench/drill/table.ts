/** What the drill found, fault by fault. */
import type { LiveResult } from './live/round.ts'
import type { RoundResult } from './round.ts'
import { readers } from './round.ts'

type Any = RoundResult | LiveResult
type Cell<R> = (results: readonly R[]) => string

const sumOf =
  <R>(what: (one: R) => number): Cell<R> =>
  results =>
    String(results.reduce((total, one) => total + what(one), 0))

const outcome = {
  rounds: ({ length }: readonly Any[]) => String(length),
  recovered: sumOf((one: Any) => Number(one.recovered)),
  's to recover': (results: readonly Any[]) => medianAndMost(results.map(one => one.secondsToRecover)),
}

const judged = {
  lost: sumOf((one: Any) => one.lost),
  duplicated: sumOf((one: Any) => one.duplicated),
  wrong: sumOf((one: Any) => one.wrong),
}

/** Rounds whose fault struck, as Markdown, in the order in which faults first come. */
export function tableOf(results: readonly RoundResult[]): string {
  const reads = { 'read twice': (some: readonly RoundResult[]) => medianAndMost(some.map(one => one.readTwice)) }
  return markdown(results, { ...outcome, ...reads, ...judged })
}

export function liveTableOf(results: readonly LiveResult[]): string {
  return markdown(results, {
    ...outcome,
    'changes made': sumOf(one => one.changes.filter(({ made }) => made).length),
    undone: sumOf(one => one.changes.filter(({ made }) => !made).length),
    's blocked': some =>
      medianAndMost(some.flatMap(({ changes }) => changes.map(({ blockedMs }) => Math.round(blockedMs / 100) / 10))),
    'writes refused': sumOf(one => one.refused),
    ...judged,
  })
}

function markdown<R extends Any>(results: readonly R[], columns: Readonly<Record<string, Cell<R>>>): string {
  const struck = results.filter(one => one.struck)
  const cells = (name: string, some: readonly R[], seeds: string): string[] => [
    name,
    ...Object.values(columns).map(cell => cell(some)),
    seeds,
  ]
  const rows = [...Map.groupBy(struck, ({ fault }) => fault)].map(([fault, some]) =>
    cells(fault, some, some.map(({ seed }) => seed).join(' ')),
  )
  const names = ['fault', ...Object.keys(columns), 'seeds']
  const lines = [names, names.map(() => '---'), ...rows, cells('all', struck, '')]
  return lines.map(row => `| ${row.join(' | ')} |`).join('\n')
}

function medianAndMost(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b)
  return `${sorted[Math.floor(sorted.length / 2)] ?? 0} (${sorted.at(-1) ?? 0})`
}

/** Rounds in which a kill cost more than a partition for each worker. */
export function overBound(results: readonly RoundResult[]): RoundResult[] {
  return results.filter(({ kills, readTwice, largestPartition }) => kills > 0 && readTwice > kills * readers * largestPartition)
}
