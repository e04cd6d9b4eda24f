import type { RoundState } from '../../journal/fold.ts'

export interface PartitionMap {
  readonly round: number
  readonly closed: boolean
  readonly partitions: number
  readonly settled: number
  /** Runs of equal states: `s12p3`. */
  readonly states: string
}

/** A hundred thousand partitions in some kilobytes: most of them stand as their neighbours do. */
export function partitionMap({ round, closed, partitions, settled }: RoundState): PartitionMap {
  let states = ''
  let last = ''
  let length = 0
  for (const { id } of partitions) {
    const one = settled.get(id)
    const state = one === undefined ? 'p' : one.counts.setAside > 0 ? 'a' : one.attempts > 1 ? 'r' : 's'
    if (state === last) {
      length++
      continue
    }
    if (length > 0) states += `${last}${length}`
    last = state
    length = 1
  }
  if (length > 0) states += `${last}${length}`
  return { round, closed, partitions: partitions.length, settled: settled.size, states }
}
