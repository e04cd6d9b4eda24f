/**
 * Invariant: a repair writes what the source has at the moment it is looked at again, and deletes only what a look right
 * before found on the target alone. Writes go first: where two routings of one id share a shard, writing the missing one
 * replaces the extra one, and a delete that was decided before would take the repaired document away.
 */
import type { Batch, Doc } from '../model/documents.ts'
import type { Writer } from '../model/ports.ts'
import type { Difference, RepairReport, VerifyLevel } from '../model/verification.ts'
import { placeOf } from './compared-index.ts'
import type { ComparedIndex } from './compared-index.ts'
import type { CompareParts } from './compare-index.ts'
import { look, refreshBoth } from './look.ts'
import type { Found, Sight } from './look.ts'
import { judge } from './settle.ts'
import type { SideChange } from './side-change.ts'

export interface RepairOptions {
  readonly level: VerifyLevel
  readonly dryRun: boolean
  /** Delete extra documents also in indices that the migration did not create. */
  readonly deleteExtraAnywhere: boolean
}

export interface RepairParts extends CompareParts {
  readonly writer: Writer
  /** What the repair does to the sums of the target. */
  readonly change: SideChange
  /** Told of every difference that is still there. */
  readonly onRemaining: (difference: Difference) => void
}

export const nothingRepaired: RepairReport = {
  dryRun: false,
  written: 0,
  deleted: 0,
  keptExtra: 0,
  refused: 0,
  remaining: 0,
}

const differencesAtOnce = 500

/** Repairs the differences of one index, some at once. Those of one id come together. */
export async function repairIndex(
  index: ComparedIndex,
  differences: Iterable<Difference>,
  options: RepairOptions,
  parts: RepairParts,
  signal: AbortSignal,
): Promise<RepairReport> {
  const sum = { ...nothingRepaired, dryRun: options.dryRun }
  for (const group of groups(differences)) {
    const one = options.dryRun ? foreseen(index, group, options) : await repairGroup(index, group, options, parts, signal)
    sum.written += one.written
    sum.deleted += one.deleted
    sum.keptExtra += one.keptExtra
    sum.refused += one.refused
    sum.remaining += one.remaining
  }
  return sum
}

function mayDelete(index: ComparedIndex, { deleteExtraAnywhere }: RepairOptions): boolean {
  return index.createdByPlan || deleteExtraAnywhere
}

function foreseen(index: ComparedIndex, group: readonly Difference[], options: RepairOptions): RepairReport {
  const extra = group.filter(({ kind }) => kind === 'extra').length
  const deleted = mayDelete(index, options) ? extra : 0
  return {
    ...nothingRepaired,
    written: group.length - extra,
    deleted,
    keptExtra: extra - deleted,
    remaining: group.length,
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

async function repairGroup(
  index: ComparedIndex,
  group: readonly Difference[],
  options: RepairOptions,
  parts: RepairParts,
  signal: AbortSignal,
): Promise<RepairReport> {
  const report: Mutable<RepairReport> = { ...nothingRepaired }
  const places = new Set(group.map(({ id, routing }) => placeOf(id, routing)))
  const ids = [...new Set(group.map(({ id }) => id))]
  const different = (sights: readonly Sight[]): Sight[] =>
    sights.filter(
      sight => places.has(placeOf(sight.id, sight.routing)) && judge(index, options.level, sight, () => undefined) !== undefined,
    )

  // A tombstone of a delete by somebody else is one version above what was copied, and nothing tells of it but a conflict.
  let conflicts = 1
  for (const above of [0n, 1n]) {
    if (conflicts === 0) break
    conflicts = 0
    await refreshBoth(index, parts, signal)
    const write = async (sights: readonly Sight[]): Promise<void> => {
      if (above === 0n) for (const { target } of sights) if (target) parts.change.before(target)
      const docs = different(sights).flatMap(({ source, id }) =>
        source ? [asWritten(source, versionsOf(sights, id), above)] : [],
      )
      const { written, alreadyNewer, rejected } = await parts.writer.write(index.task, batchOf(docs), signal)
      report.written += written
      report.refused += rejected.length
      conflicts += alreadyNewer
      for (const { doc } of rejected) places.delete(placeOf(doc.id, doc.routing))
    }
    await look(index, ids, 'full', write, parts, signal)
  }
  if (group.some(({ kind }) => kind === 'extra')) {
    await refreshBoth(index, parts, signal)
    const deletes: Doc[] = []
    const again = (sights: readonly Sight[]): void => {
      for (const { source, target } of different(sights)) if (!source && target) deletes.push(asDeleted(target))
    }
    await look(index, ids, 'ids', again, parts, signal)
    if (!mayDelete(index, options)) report.keptExtra += deletes.length
    else report.deleted += (await parts.writer.write(index.task, batchOf(deletes), signal)).written
  }
  parts.world.reached('batch-repaired')

  await refreshBoth(index, parts, signal)
  const remaining = (sights: readonly Sight[]): void => {
    for (const sight of sights) {
      if (sight.target) parts.change.after(sight.target)
      const was = group.find(one => one.id === sight.id && one.routing === sight.routing)
      const now = was && judge(index, options.level, sight, () => undefined)
      if (!was || !now) continue
      report.remaining++
      parts.onRemaining({ ...was, kind: now.kind })
    }
  }
  await look(index, ids, options.level, remaining, parts, signal)
  parts.change.forget()
  return report
}

/** The highest version that the target holds of an id, under whatever routing: what is written must not be refused as older. */
function versionsOf(sights: readonly Sight[], id: string): bigint {
  return sights.reduce((most, { id: own, target }) => (own === id && target && target.version > most ? target.version : most), 0n)
}

function asWritten({ id, routing, version, source }: Found, onTarget: bigint, above: bigint): Doc {
  return { id, routing, version: (version > onTarget ? version : onTarget) + above, source }
}

/** With the version that was seen: what somebody wrote meanwhile stays. */
function asDeleted({ id, routing, version }: Found): Doc {
  return { id, routing, version, source: new Uint8Array(0), op: 'delete' }
}

/** The memory behind the sources belongs to the look. */
function batchOf(docs: readonly Doc[]): Batch {
  return { docs, bytes: docs.reduce((sum, { source }) => sum + source.length, 0), release: () => undefined }
}

function* groups(differences: Iterable<Difference>): Iterable<Difference[]> {
  let group: Difference[] = []
  for (const one of differences) {
    if (group.length >= differencesAtOnce && group.at(-1)!.id !== one.id) {
      yield group
      group = []
    }
    group.push(one)
  }
  if (group.length > 0) yield group
}
