import type { Place } from '../model/documents.ts'
import type { ShardMark } from '../model/entries.ts'
import type { CompareForm, Difference, IndexComparison, VerifyLevel } from '../model/verification.ts'
import { Buckets, bucketsFor } from './buckets.ts'
import { countBoth } from './count-both.ts'
import type { ComparedIndex, SideOfIndex } from './compared-index.ts'
import { placeOf } from './compared-index.ts'
import { Digester } from './digest.ts'
import type { Compared } from './digest.ts'
import type { Kept, KeptSide, KeptSums } from './keep.ts'
import { look, refreshBoth, sameness } from './look.ts'
import type { Patience } from './patience.ts'
import { adding, readPartitions } from './read-side.ts'
import type { ReadMeter, ReadParts } from './read-side.ts'
import { firstLook, settle, withoutLater } from './settle.ts'
import type { SettleTally, Suspect } from './settle.ts'
import { candidates, Slices } from './slices.ts'
import { verdictOf } from './verdict.ts'

export interface CompareOptions {
  readonly level: VerifyLevel
  /** auto: a sample decides. */
  readonly form: 'auto' | CompareForm
  /** Differences named per index, at most; further ones are not looked for. */
  readonly maxDifferences: number
}

export interface CompareParts extends ReadParts, Patience {
  readonly meter: CompareMeter
  readonly kept: Kept
  /** Reasons by place (`placeOf`) of documents that the migration set aside. */
  readonly setAside: (index: ComparedIndex) => ReadonlyMap<string, string>
  /** Places (`placeOf`) of those that the source has deleted after what is compared; where it is missing, none is. */
  readonly deletedLater?: (index: ComparedIndex, extra: readonly Extra[], signal: AbortSignal) => Promise<ReadonlySet<string>>
}

/** A document that only the target has. */
export interface Extra extends Place {
  /** Of the target's. */
  readonly version: bigint
}

/** How a comparison goes on, for the eye only. */
export interface CompareMeter extends ReadMeter {
  stage(index: string, stage: 'comparing' | 'naming' | 'looking-again'): void
  /** What both sides hold, once that is known; `done` of it was read by an earlier run. */
  expect(index: string, docs: number, done: number): void
  compared(result: IndexComparison): void
}

/**
 * Compares one index: reads both sides once, each in its own order, and adds up hashes in buckets by id; reads again only
 * where buckets differ, and looks at those documents until each has settled or is real.
 */
export async function compareIndex(
  index: ComparedIndex,
  options: CompareOptions,
  parts: CompareParts,
  signal: AbortSignal,
): Promise<IndexComparison> {
  const startMs = parts.world.now()
  const { target } = index
  if (options.level === 'counts' || !target) return countBoth(index, options.level, parts.setAside(index).size, parts, signal)

  parts.meter.stage(index.task.source, 'comparing')
  const sums = await parts.patiently(() => openSums(index, target, options, parts, signal), signal)
  expectDocs(index, sums, parts)
  await Promise.all([
    sumSide(index, index.source, sums, sums.source, options.level, parts, signal),
    sumSide(index, target, sums, sums.target, options.level, parts, signal),
  ])
  parts.kept.keepSums(sums)

  const tally: SettleTally = { lookedAt: 0, looks: 0, equalByValue: 0, afterCheckpoint: 0 }
  const named = await nameDifferences(index, target, sums, options, tally, parts, signal)
  const { cut } = named
  const found = await withoutDeletedLater(index, named.found, parts, signal)
  const refused = found.length > 0 ? parts.setAside(index) : new Map<string, string>()
  const differences = found.map(suspect => differenceOf(index, suspect, refused))
  parts.kept.differ(differences)

  const counted = (kind: Difference['kind']): number => differences.filter(one => one.kind === kind).length
  const result = {
    index: index.task.source,
    target: index.task.target,
    level: options.level,
    form: sums.form,
    versions: options.level === 'ids' && index.versions,
    onSource: { docs: sums.source.sums.docs, bytes: sums.source.bytes, digest: sums.source.sums.digest },
    onTarget: { docs: sums.target.sums.docs, bytes: sums.target.bytes, digest: sums.target.sums.digest },
    checkpoints: sums.source.marks.map(({ shard, upTo, historyUuid }) => ({ shard, upTo, historyUuid })),
    missing: counted('missing'),
    stale: counted('stale'),
    extra: counted('extra'),
    setAside: differences.filter(one => one.setAside !== undefined).length,
    equalByValue: tally.equalByValue,
    afterCheckpoint: tally.afterCheckpoint,
    deletedLater: named.found.length - found.length,
    behind: sums.behind,
    lookedAt: tally.lookedAt,
    looks: tally.looks,
    cut,
    definition: index.definition,
    notes: index.notes,
    comparedAt: new Date(sums.startedAtMs).toISOString(),
    tookMs: parts.world.now() - startMs,
  }
  return { ...result, verdict: verdictOf(index, result) }
}

function expectDocs(index: ComparedIndex, { source, target }: KeptSums, { meter }: CompareParts): void {
  const docs = [source, target].flatMap(({ partitions }) => partitions).reduce((sum, one) => sum + one.estimatedDocs, 0)
  meter.expect(index.task.source, docs, source.sums.docs + target.sums.docs)
}

/** The sums of a run that was killed, or new ones: marks and partitions of both sides, nothing read yet. */
async function openSums(
  index: ComparedIndex,
  target: SideOfIndex,
  options: CompareOptions,
  parts: CompareParts,
  signal: AbortSignal,
): Promise<KeptSums> {
  const identity = `${index.source.task.uuid}/${target.task.uuid}`
  const kept = parts.kept.sums(identity)
  if (kept && (await stillHolds(index.source, kept.source, signal)) && (await stillHolds(target, kept.target, signal)))
    return kept
  // First the source's checkpoint, then the target's: what was copied up to it is then below the target's own.
  const reached = await readerOf(index.source, options.level).marks(index.source.task, signal)
  // Slices have no checkpoint: they are compared as they are.
  const marks = index.source.task.read.by !== 'seq-no' ? [] : reached.map(mark => upToCopied(mark, index.copied))
  const source = await openSide(index.source, marks, options.level, signal)
  const theirs = await readerOf(target, options.level).marks(target.task, signal)
  const other = await openSide(target, theirs, options.level, signal)
  const docs = Math.max(...[source, other].map(({ partitions }) => partitions.reduce((sum, one) => sum + one.estimatedDocs, 0)))
  const size = bucketsFor(docs)
  const form =
    options.level !== 'full' ? null : options.form === 'auto' ? await sampledForm(index, source, parts, signal) : options.form
  return {
    identity,
    form,
    startedAtMs: parts.world.now(),
    behind: marks.reduce((sum, { maxSeqNo, upTo }) => sum + maxSeqNo - upTo, 0),
    source: { ...source, settled: new Set(), sums: new Buckets(size), bytes: 0 },
    target: { ...other, settled: new Set(), sums: new Buckets(size), bytes: 0 },
  }
}

async function openSide(
  side: SideOfIndex,
  marks: readonly ShardMark[],
  level: VerifyLevel,
  signal: AbortSignal,
): Promise<Pick<KeptSide, 'marks' | 'partitions'>> {
  return { marks, partitions: await readerOf(side, level).partitions(side.task, 0, undefined, marks, signal) }
}

function readerOf(side: SideOfIndex, level: VerifyLevel): SideOfIndex['ids'] {
  return level === 'full' ? side.documents : side.ids
}

/** What was copied of a shard, unless its numbers were given out anew since. */
function upToCopied(mark: ShardMark, copied: readonly ShardMark[] | undefined): ShardMark {
  const known = copied?.find(({ shard }) => shard === mark.shard)
  return known?.historyUuid === mark.historyUuid ? { ...mark, upTo: Math.min(mark.upTo, known.upTo) } : mark
}

/** Numbers of a shard that has a new history are not those that were added up. */
async function stillHolds(side: SideOfIndex, kept: KeptSide, signal: AbortSignal): Promise<boolean> {
  const marks: readonly ShardMark[] = await side.ids.marks(side.task, signal)
  return (
    marks.length === kept.marks.length &&
    marks.every(mark => kept.marks.some(one => one.shard === mark.shard && one.historyUuid === mark.historyUuid))
  )
}

const sampleDocs = 200

/** values, where documents of a sample are unequal in bytes on the other side and say the same. */
async function sampledForm(
  index: ComparedIndex,
  { partitions }: Pick<KeptSide, 'partitions'>,
  patience: Patience,
  signal: AbortSignal,
): Promise<CompareForm> {
  const [first] = partitions
  if (!first) return 'bytes'
  const ids: string[] = []
  for await (const batch of index.source.ids.read(index.source.task, first, signal)) {
    for (const doc of batch.docs.slice(0, sampleDocs)) ids.push(doc.id)
    batch.release()
    break
  }
  let byValue = 0
  await look(
    index,
    ids,
    'full',
    sights => {
      for (const { source, target } of sights)
        if (source && target && sameness(source.source, target.source) === 'values') byValue++
    },
    patience,
    signal,
  )
  return byValue > 0 ? 'values' : 'bytes'
}

const keepEveryMs = 2_000

/** Adds up what of a side is not added up yet. */
async function sumSide(
  index: ComparedIndex,
  side: SideOfIndex,
  sums: KeptSums,
  into: KeptSide,
  level: VerifyLevel,
  parts: CompareParts,
  signal: AbortSignal,
): Promise<void> {
  const compared = comparedOf(sums.form, index.versions)
  const pending = into.partitions.filter(({ id }) => !into.settled.has(id))
  const open = new Map<string, Buckets>()
  const each: Parameters<typeof readPartitions>[4] = ({ id }) => {
    const own = new Buckets(into.sums.size)
    open.set(id, own)
    return adding(new Digester(compared, own.size), own)
  }
  let keptAtMs = parts.world.now()
  const reader = readerOf(side, level)
  for await (const { partition, counts } of readPartitions(index.task.source, side.task, reader, pending, each, parts, signal)) {
    into.sums.addAll(open.get(partition)!)
    open.delete(partition)
    into.settled.add(partition)
    into.bytes += counts.bytes
    parts.world.reached('partition-compared')
    if (parts.world.now() - keptAtMs < keepEveryMs) continue
    parts.kept.keepSums(sums)
    keptAtMs = parts.world.now()
  }
}

export function comparedOf(form: CompareForm | null, versions: boolean): Compared {
  return form === null ? { what: 'ids', versions } : { what: 'content', form }
}

/** Where more than this share of the documents may be different, reading all of them again is cheaper than asking for them by id. */
const askedShare = 0.05

/** The documents that are really different, of the buckets that differ. */
async function nameDifferences(
  index: ComparedIndex,
  target: SideOfIndex,
  sums: KeptSums,
  { level, maxDifferences }: CompareOptions,
  tally: SettleTally,
  parts: CompareParts,
  signal: AbortSignal,
): Promise<{ found: Suspect[]; cut: boolean }> {
  const { source, target: other } = sums
  const differing = source.sums.differing(other.sums)
  if (differing.length === 0) return { found: [], cut: false }
  parts.meter.stage(index.task.source, 'naming')
  const docsIn = (bucket: number): number => source.sums.counts[bucket]! + other.sums.counts[bucket]!
  const suspected = differing.reduce((sum, bucket) => sum + docsIn(bucket), 0)
  const exact = level !== 'full' || suspected > askedShare * (source.sums.docs + other.sums.docs)
  const compared: Compared = exact ? comparedOf(sums.form, index.versions) : { what: 'ids', versions: false }

  using slices = new Slices(parts.kept.folder, differing, docsIn, source.sums.size)
  const gather = async (name: 'source' | 'target', side: SideOfIndex, { partitions }: KeptSide): Promise<void> => {
    const reader = level === 'full' && exact ? side.documents : side.ids
    const each = () => {
      const digester = new Digester(compared, source.sums.size)
      return (doc: Parameters<Digester['take']>[0]): void => {
        digester.take(doc)
        const { bucket, high, low } = digester
        if (slices.wants(bucket)) slices.add(bucket, { side: name, id: doc.id, routing: doc.routing, high, low })
      }
    }
    for await (const _settled of readPartitions(index.task.source, side.task, reader, partitions, each, parts, signal)) continue
  }
  await Promise.all([gather('source', index.source, source), gather('target', target, other)])

  parts.meter.stage(index.task.source, 'looking-again')
  await refreshBoth(index, parts, signal)
  const suspects: Suspect[] = []
  tally.looks++
  for (let slice = 0; slice < slices.count && suspects.length <= maxDifferences; slice++) {
    const ids = candidates(slices.read(slice), exact)
    suspects.push(...(await firstLook(index, level, ids, maxDifferences - suspects.length, tally, parts, signal)))
  }
  const cut = suspects.length > maxDifferences
  const settled = await settle(index, level, suspects.slice(0, maxDifferences), source.marks, tally, parts, signal)
  const found = await withoutLater(index, settled, source.marks, tally, parts, signal)
  // All that is known of one id stands together: a repair sees both the missing and the extra one of two routings.
  return { found: found.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)), cut }
}

async function withoutDeletedLater(
  index: ComparedIndex,
  suspects: readonly Suspect[],
  { deletedLater }: CompareParts,
  signal: AbortSignal,
): Promise<readonly Suspect[]> {
  const extra = suspects.flatMap(({ kind, id, routing, targetVersion: version }) =>
    kind === 'extra' && version !== undefined ? [{ id, routing, version }] : [],
  )
  if (extra.length === 0 || !deletedLater) return suspects
  const later = await deletedLater(index, extra, signal)
  return suspects.filter(({ kind, id, routing }) => kind !== 'extra' || !later.has(placeOf(id, routing)))
}

function differenceOf({ task }: ComparedIndex, suspect: Suspect, refused: ReadonlyMap<string, string>): Difference {
  const { id, routing, kind, sourceVersion, targetVersion } = suspect
  const reason = kind === 'extra' ? undefined : refused.get(placeOf(id, routing))
  return {
    index: task.source,
    target: task.target,
    id,
    ...(routing === undefined ? {} : { routing }),
    kind,
    ...(sourceVersion === undefined ? {} : { sourceVersion: String(sourceVersion) }),
    ...(targetVersion === undefined ? {} : { targetVersion: String(targetVersion) }),
    ...(reason === undefined ? {} : { setAside: reason }),
  }
}
