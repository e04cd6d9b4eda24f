import { generationOf } from '../../metadata/data-streams/way.ts'
import type { DataStreamWay } from '../../model/plan.ts'
import type { Selection } from '../../model/selection.ts'
import { targetName } from '../rename.ts'
import type { InventoriedStream } from './inventory-streams.ts'

/** Names on the target that indices get by their data streams, or, where these end as aliases, in their stead. */
export function namesByStream(streams: readonly InventoriedStream[], selection: Selection): ReadonlyMap<string, string> {
  return new Map(
    streams.flatMap(({ stream, target, becomes, made, way = 'attach' }) =>
      becomes === 'alias'
        ? stream.indices.map(name => [name, targetName(plainName(name), selection)] as const)
        : [...backingNames(stream.indices, stream.name, target, made ? 'roll-over' : way)],
    ),
  )
}

/**
 * The target's names of a data stream's backing indices. By `attach` they keep theirs, with the stream's new name where it
 * has one; by `roll-over` the server gives them, and only their numbers can be chosen. Plain indices get names of that kind.
 * @param indices oldest first
 */
function backingNames(indices: readonly string[], from: string, to: string, way: DataStreamWay): ReadonlyMap<string, string> {
  if (way === 'attach') return new Map(indices.map(index => [index, renamed(index, from, to)]))
  const numbers = indices.map(generationOf)
  const rising = numbers.every((number, at) => number !== undefined && number > (at === 0 ? 0 : (numbers[at - 1] ?? 0)))
  return new Map(indices.map((index, at) => [index, `.ds-${to}-${String(rising ? numbers[at] : at + 1).padStart(6, '0')}`]))
}

/** `.ds-old-2026.12.01-000001` to `.ds-new-2026.12.01-000001`; a name of another kind gets the new one in front. */
function renamed(index: string, from: string, to: string): string {
  if (from === to) return index
  const beginning = `.ds-${from}-`
  return index.startsWith(beginning) ? `.ds-${to}-${index.slice(beginning.length)}` : `.ds-${to}-${index.replace(/^\./, '')}`
}

/** The names of backing indices that become plain ones behind an alias: what servers call backing indices, they do not call others. */
function plainName(index: string): string {
  return index.replace(/^\.ds-/, '')
}
