import type { Doc, Listed, Place } from '../model/documents.ts'
import { markOf } from '../model/entries.ts'
import type { ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import type { ComparedIndex } from '../verify/compared-index.ts'
import { placeOf } from '../verify/compared-index.ts'
import { look } from '../verify/look.ts'
import type { Migration } from './migration.ts'
import { patiently } from './patiently.ts'

/** Why what was found cannot be deleted yet. */
export type Hindrance = 'primary-changed' | 'not-on-disk'

export const hindranceTexts: Readonly<Record<Hindrance, string>> = {
  'primary-changed': 'a primary of the source changed again and again while it was looked what it still has',
  'not-on-disk':
    'the source has operations that are not on its disks for longer than they are waited for (an asynchronous translog)',
}

/** What became of places that were found. */
export interface DeletedPlaces {
  readonly carried: number
  readonly kept: number
}

/** Looks at places on both sides, waits until what was seen is safe, and deletes; the invariants are told in carry-deletes.ts. */
export async function deletePlaces(
  m: Migration,
  task: IndexTask,
  index: ComparedIndex,
  groups: AsyncIterable<readonly (Place | Listed)[]>,
  marks: readonly ShardMark[],
  signal: AbortSignal,
): Promise<DeletedPlaces | Hindrance> {
  const sum = { carried: 0, kept: 0 }
  for await (const group of groups) {
    const found = await lookAt(m, task, index, group, signal)
    m.world.reached('deletes-found')
    const hindrance = await untilSafe(m, task, marks, signal)
    if (hindrance) return hindrance
    const { written, left } = await remove(m, task, found.deletes, signal)
    m.world.reached('deletes-written')
    sum.carried += found.gone + written
    sum.kept += found.kept + left
  }
  return sum
}

interface Found {
  readonly deletes: Doc[]
  /** On neither side any more. */
  gone: number
  /** On the target, but not what was copied. */
  kept: number
}

/** Looks at places on both sides, and tells what is to be deleted on the target. */
async function lookAt(
  m: Migration,
  task: IndexTask,
  index: ComparedIndex,
  group: readonly (Place | Listed)[],
  signal: AbortSignal,
): Promise<Found> {
  const found: Found = { deletes: [], gone: 0, kept: 0 }
  const unseen = new Map(group.map(place => [placeOf(place.id, place.routing), place]))
  const ids = [...new Set(group.map(({ id }) => id))]
  await look(
    index,
    ids,
    'ids',
    sights => {
      const living = new Set(sights.filter(({ source }) => source).map(({ id }) => id))
      for (const { id, routing, source, target } of sights) {
        const key = placeOf(id, routing)
        const place = unseen.get(key)
        if (!place) continue
        unseen.delete(key)
        if (source || !target) continue
        if (isCopied(task, place, target.version, m.versionBase()))
          found.deletes.push({ id, routing, version: target.version + (living.has(id) ? 0n : 1n), source: nothing, op: 'delete' })
        else found.kept++
      }
    },
    { patiently: (act, waiting) => patiently(m, act, waiting) },
    signal,
  )
  for (const place of unseen.values()) if ('rejected' in place && !place.rejected) found.gone++
  return found
}

const nothing = new Uint8Array(0)

/** What stands on the target is what was copied, and not what was there before or what somebody else wrote since. */
function isCopied({ action, versionFrom }: IndexTask, place: Place | Listed, onTarget: bigint, base: bigint): boolean {
  if (action !== 'create') return 'version' in place && !place.rejected && place.version === onTarget
  // Versions of the application may have been raised when they were written over others; a sweep knows none.
  return !('highest' in place) || versionFrom === 'version' || onTarget <= place.highest + base
}

/** How long operations that are not on disk are waited for. */
const safeWithinMs = 30_000

/** Every operation that was visible until now is on disk everywhere and is not taken back; or why that cannot be known. */
async function untilSafe(
  m: Migration,
  task: IndexTask,
  before: readonly ShardMark[],
  signal: AbortSignal,
): Promise<Hindrance | undefined> {
  if (task.read.by !== 'seq-no') return undefined
  const seen = await patiently(m, () => m.reader.marks(task, signal), signal)
  const untilMs = m.world.now() + safeWithinMs
  for (let now = seen, waitMs = 20; ; waitMs = Math.min(500, 2 * waitMs)) {
    if (!sameTimes(before, now)) return 'primary-changed'
    if (now.every(mark => mark.upTo >= (markOf(seen, mark.shard)?.maxSeqNo ?? -1))) return undefined
    if (m.world.now() >= untilMs) return 'not-on-disk'
    await m.world.sleep(waitMs, signal)
    now = await patiently(m, () => m.reader.marks(task, signal), signal)
  }
}

export async function samePrimaries(
  m: Migration,
  task: IndexTask,
  before: readonly ShardMark[],
  signal: AbortSignal,
): Promise<boolean> {
  const now = await patiently(m, () => m.reader.marks(task, signal), signal)
  return sameTimes(before, now)
}

function sameTimes(before: readonly ShardMark[], now: readonly ShardMark[]): boolean {
  return now.every(mark => mark.primary === markOf(before, mark.shard)?.primary)
}

const deletesAtOnce = 1_000

async function remove(
  m: Migration,
  task: IndexTask,
  deletes: readonly Doc[],
  signal: AbortSignal,
): Promise<{ written: number; left: number }> {
  const sum = { written: 0, left: 0 }
  for (let from = 0; from < deletes.length; from += deletesAtOnce) {
    const docs = deletes.slice(from, from + deletesAtOnce)
    const { written, alreadyNewer, rejected } = await m.writer.write(task, { docs, bytes: 0, release: () => undefined }, signal)
    sum.written += written
    sum.left += alreadyNewer + rejected.length
  }
  return sum
}
