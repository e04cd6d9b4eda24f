/**
 * How an index is cut for the target's own `_reindex`: a query cannot name a shard, so a round is a set of bands of
 * sequence numbers over all shards. A band may hold documents above one shard's mark, which the next round moves again,
 * and documents an earlier round has moved: both are written with the version they have, so neither harms.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import { ifAllowed } from '../../cluster/if-allowed.ts'
import { count, refresh } from '../../cluster/shards.ts'
import type { FieldRange, Partition, SeqNoBand } from '../../model/documents.ts'
import type { ShardMark } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask, JsonObject } from '../../model/plan.ts'
import type { Reader, Since } from '../../model/ports.ts'
import { cutRange, docsInPartition } from '../cut-range.ts'
import type { PartitionSize } from '../cut-range.ts'
import { partitionQuery } from '../partition-query.ts'

/** A reader that cuts the indices of the engine `reindex` so that a query alone finds each partition. */
export function withReindexPartitions(reader: Reader, source: Cluster, size: PartitionSize): Reader {
  return {
    ...reader,
    partitions: (task, round, since, marks, signal) => {
      if (task.engine !== 'reindex' || task.read.by === 'slices') return reader.partitions(task, round, since, marks, signal)
      return task.read.by === 'seq-no'
        ? bands(source, task, round, since, marks, size, signal)
        : fieldRanges(source, task, round, size, signal)
    },
  }
}

async function bands(
  source: Cluster,
  task: IndexTask,
  round: number,
  since: Since | undefined,
  marks: readonly ShardMark[],
  size: PartitionSize,
  signal: AbortSignal,
): Promise<Partition[]> {
  const band = (from: number, to: number): SeqNoBand => ({ by: 'seq-no-band', from, to })
  const counted = (from: number, to: number): Promise<number> => countOf(source, task, band(from, to), signal)
  const partitions: Partition[] = []
  for (const { from, to } of united(intervals(since, marks))) {
    const whole = { from, to, docs: await counted(from, to) }
    for (const piece of await cutRange(whole, docsInPartition(task, size), counted))
      partitions.push(partitionOf(task, round, `all.${piece.from}-${piece.to}`, band(piece.from, piece.to), piece.docs))
  }
  return partitions
}

interface Interval {
  readonly from: number
  readonly to: number
}

/** What is new on each shard, and what is to be read again. */
function intervals(since: Since | undefined, marks: readonly ShardMark[]): Interval[] {
  const fresh = marks
    .map(mark => ({ from: (since?.shards.find(earlier => earlier.shard === mark.shard)?.upTo ?? -1) + 1, to: mark.upTo }))
    .filter(({ from, to }) => to >= from)
  return [...(since?.again ?? []), ...fresh]
}

/** Intervals that touch become one: shards that stand far apart do not make each other's documents move again. */
export function united(intervals: readonly Interval[]): Interval[] {
  const result: { from: number; to: number }[] = []
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}

/** The field's range is cut on a scale of so many steps. */
const steps = 2 ** 20

async function fieldRanges(
  source: Cluster,
  task: IndexTask,
  round: number,
  size: PartitionSize,
  signal: AbortSignal,
): Promise<Partition[]> {
  const { field } = task.read
  if (field === undefined) throw new ShardferryError('plan-invalid', `${task.source}: read.by is field, and no field is named.`)
  await ifAllowed(refresh(source, task.source, signal))
  const { low, high, date } = await extremes(source, task, field, signal)
  const partitions: Partition[] = []
  const add = (range: FieldRange, docs: number): void => {
    const name = range.missing ? 'none' : `${range.gte ?? ''}-${range.lt ?? ''}`
    partitions.push(partitionOf(task, round, `${field}.${name}`, range, docs))
  }
  if (low !== null && high !== null) {
    const at = (step: number): number => {
      const value = low + ((high - low) * step) / steps
      return date ? Math.floor(value) : value
    }
    // Open at both ends: what lies outside of the extremes by rounding, or was written since, is in the outermost ranges.
    const range = (from: number, to: number): FieldRange => ({
      by: 'field',
      field,
      date,
      ...(from === 0 ? {} : { gte: at(from) }),
      ...(to === steps ? {} : { lt: at(to + 1) }),
    })
    const counted = (from: number, to: number): Promise<number> => countOf(source, task, range(from, to), signal)
    const cut = await cutRange({ from: 0, to: steps, docs: await counted(0, steps) }, docsInPartition(task, size), counted)
    // A range reaches to where the next one begins: pieces that were left out as empty may get documents meanwhile.
    for (const [i, piece] of cut.entries())
      add(range(i === 0 ? 0 : piece.from, i === cut.length - 1 ? steps : cut[i + 1]!.from - 1), piece.docs)
  }
  const none: FieldRange = { by: 'field', field, date, missing: true }
  const without = await countOf(source, task, none, signal)
  if (without > 0) add(none, without)
  return partitions
}

async function extremes(
  source: Cluster,
  task: IndexTask,
  field: string,
  signal: AbortSignal,
): Promise<{ low: number | null; high: number | null; date: boolean }> {
  const own: JsonObject = { min: { field } }
  const { aggregations } = await json<{
    aggregations: Record<'low' | 'high', { value: number | null; value_as_string?: string }>
  }>(source, {
    method: 'POST',
    path: `/${indexPath(task.source)}/_search`,
    body: { size: 0, query: task.query ?? { match_all: {} }, aggs: { low: own, high: { max: { field } } } },
    signal,
  })
  // Only dates are told as text too.
  const { low, high } = aggregations
  return { low: low.value, high: high.value, date: low.value_as_string !== undefined }
}

function countOf(source: Cluster, task: IndexTask, range: Partition['range'], signal: AbortSignal): Promise<number> {
  return count(source, task.source, partitionQuery(task, range), { shards: task.shards }, signal)
}

function partitionOf(task: IndexTask, round: number, name: string, range: Partition['range'], docs: number): Partition {
  return { id: `${task.source}.r${round}.${name}`, index: task.source, round, range, estimatedDocs: docs }
}
