/** What the drill found, fault by fault. */
import type { RoundResult } from './round.ts'
import { readers } from './round.ts'

export interface Row {
  readonly fault: string
  readonly results: readonly RoundResult[]
}

/** Rounds whose fault struck, in the order in which faults first come. */
export function rowsOf(results: readonly RoundResult[]): Row[] {
  const byFault = Map.groupBy(
    results.filter(({ struck }) => struck),
    ({ fault }) => fault,
  )
  return [...byFault].map(([fault, results]) => ({ fault, results }))
}

const columns = ['fault', 'rounds', 'recovered', 's to recover', 'read twice', 'lost', 'duplicated', 'wrong', 'seeds'] as const

/** As Markdown. */
export function tableOf(results: readonly RoundResult[]): string {
  const rows = rowsOf(results)
  const cells = [...rows.map(cellsOf), cellsOf({ fault: 'all', results: rows.flatMap(row => row.results) })]
  const lines = [columns, columns.map(() => '---'), ...cells.map((row, i) => (i < rows.length ? row : [...row.slice(0, -1), '']))]
  return lines.map(row => `| ${row.join(' | ')} |`).join('\n')
}

function cellsOf({ fault, results }: Row): string[] {
  const sum = (what: (one: RoundResult) => number): string => String(results.reduce((total, one) => total + what(one), 0))
  return [
    fault,
    String(results.length),
    sum(one => Number(one.recovered)),
    medianAndMost(results.map(one => one.secondsToRecover)),
    medianAndMost(results.map(one => one.readTwice)),
    sum(one => one.lost),
    sum(one => one.duplicated),
    sum(one => one.wrong),
    results.map(one => one.seed).join(' '),
  ]
}

function medianAndMost(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b)
  return `${sorted[Math.floor(sorted.length / 2)] ?? 0} (${sorted.at(-1) ?? 0})`
}

/** Rounds in which a kill cost more than a partition for each worker. */
export function overBound(results: readonly RoundResult[]): RoundResult[] {
  return results.filter(({ kills, readTwice, largestPartition }) => kills > 0 && readTwice > kills * readers * largestPartition)
}
