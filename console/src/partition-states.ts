import type { IndexPartitions } from './types.ts'

/** p: pending. s: settled. r: settled after it was read again. a: settled, with documents set aside. */
export type PartitionState = 'p' | 's' | 'r' | 'a'

export interface RoundCells {
  readonly index: string
  readonly round: number
  /** Of its first partition, among all that are shown. */
  readonly from: number
  readonly count: number
}

export interface Cells {
  /** A letter a partition, all rounds of all indices one after the other. */
  readonly states: string
  readonly rounds: readonly RoundCells[]
}

export function cellsOf(indices: readonly IndexPartitions[]): Cells {
  const rounds: RoundCells[] = []
  const parts: string[] = []
  let from = 0
  for (const { index, rounds: own } of indices)
    for (const { round, partitions, states } of own) {
      rounds.push({ index, round, from, count: partitions })
      parts.push(unrolled(states))
      from += partitions
    }
  return { states: parts.join(''), rounds }
}

/** `s3p2` as `ssspp`. */
export function unrolled(states: string): string {
  return states.replace(/([a-z])(\d+)/g, (_all, state: string, times: string) => state.repeat(Number(times)))
}

/** The round that a cell belongs to. */
export function roundAt({ rounds }: Cells, cell: number): RoundCells | undefined {
  let [low, high] = [0, rounds.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (rounds[middle]!.from <= cell) low = middle
    else high = middle - 1
  }
  const found = rounds[low]
  return found && cell >= found.from && cell < found.from + found.count ? found : undefined
}

/** How wide and high a cell may be so that all fit, in whole pixels; 2 to 16. */
export function cellSize(cells: number, width: number, height: number): number {
  for (let size = 16; size > 2; size--) if (Math.floor(width / size) * Math.floor(height / size) >= cells) return size
  return 2
}
