import { wholeSource } from '../cluster/whole-source.ts'
import { ifAllowed } from '../cluster/if-allowed.ts'
import { oneLine } from '../cluster/one-line.ts'
import type { Hit } from '../cluster/scan-page.ts'
import { firstPage } from '../cluster/scroll.ts'
import { refresh } from '../cluster/shards.ts'
import { ShardferryError } from '../model/errors.ts'
import type { JsonObject } from '../model/plan.ts'
import { atLeast } from '../model/version.ts'
import type { VerifyLevel } from '../model/verification.ts'
import { canonical } from './canonical.ts'
import { placeOf } from './compared-index.ts'
import type { ComparedIndex, SideOfIndex } from './compared-index.ts'
import { wantsPieces } from './patience.ts'
import type { Patience } from './patience.ts'

/** A document as a side has it now. `source` is valid only while it is being looked at. */
export interface Found {
  readonly id: string
  readonly routing: string | undefined
  /** On the source: what it is written with on the target. On the target: its own. */
  readonly version: bigint
  readonly seqNo: bigint | undefined
  /** Empty at level `ids`. */
  readonly source: Uint8Array
}

/** What both sides have in one place. */
export interface Sight {
  readonly id: string
  readonly routing: string | undefined
  readonly source: Found | undefined
  readonly target: Found | undefined
}

/** Ids asked for with one search, at most. */
const idsAtOnce = 500
/** Bytes of documents that one search may bring, about. */
const bytesAtOnce = 3 * 1024 * 1024
const largestAnswer = 64 * 1024 * 1024

/** Makes what was written so far visible on both sides, where the users may. */
export async function refreshBoth(index: ComparedIndex, { patiently }: Patience, signal: AbortSignal): Promise<void> {
  const sides = [index.source, index.target].filter(side => side !== undefined)
  await Promise.all(sides.map(side => patiently(() => ifAllowed(refresh(side.cluster, side.task.source, signal)), signal)))
}

/**
 * Looks at documents by id on both sides and tells of every place that either has. An id that neither has is not told of.
 * What `visit` is given is gone when its promise is kept.
 */
export async function look(
  index: ComparedIndex,
  ids: readonly string[],
  level: VerifyLevel,
  visit: (sights: readonly Sight[]) => Promise<void> | void,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const { docs, bytes } = index.task.estimate
  const docBytes = level === 'full' && docs > 0 ? bytes / docs : 1
  const atOnce = Math.max(1, Math.min(idsAtOnce, Math.floor(bytesAtOnce / docBytes)))
  for (let from = 0; from < ids.length; from += atOnce)
    await lookAtOnce(index, ids.slice(from, from + atOnce), level, visit, patience, signal)
}

async function lookAtOnce(
  index: ComparedIndex,
  ids: readonly string[],
  level: VerifyLevel,
  visit: (sights: readonly Sight[]) => Promise<void> | void,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const held: { release(): void }[] = []
  try {
    const [source, target] = await bothOrNone(
      [index.source, index.target].map(async side => {
        if (!side) return []
        const page = await patience.patiently(() => search(side, ids, level, undefined, signal), signal)
        held.push(page)
        return page.hits.map(hit => foundOf(side, hit))
      }),
    )
    const places = new Map<string, { -readonly [Key in keyof Sight]: Sight[Key] }>()
    for (const found of source ?? [])
      places.set(placeOf(found.id, found.routing), { id: found.id, routing: found.routing, source: found, target: undefined })
    for (const found of target ?? []) {
      const place = placeOf(found.id, found.routing)
      const sight = places.get(place)
      if (sight) sight.target = found
      else places.set(place, { id: found.id, routing: found.routing, source: undefined, target: found })
    }
    await visit([...places.values()])
  } catch (thrown) {
    // Documents heavier than thought, or more places than ids, or an answer that cannot be read.
    if (!wantsPieces(thrown) || ids.length < 2) throw thrown
    for (const one of held.splice(0)) one.release()
    const middle = Math.ceil(ids.length / 2)
    await lookAtOnce(index, ids.slice(0, middle), level, visit, patience, signal)
    await lookAtOnce(index, ids.slice(middle), level, visit, patience, signal)
  } finally {
    for (const one of held) one.release()
  }
}

/** Waits for all, so that no answer arrives after its memory was given back. */
async function bothOrNone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return await Promise.all(promises)
}

/** Ids of one shard of a side, of those asked for, with their sequence numbers. */
export async function* hitsOfShard(
  side: SideOfIndex,
  ids: readonly string[],
  shard: number,
  { patiently }: Patience,
  signal: AbortSignal,
): AsyncIterable<Hit> {
  for (let from = 0; from < ids.length; from += idsAtOnce) {
    const asked = ids.slice(from, from + idsAtOnce)
    const page = await patiently(() => search(side, asked, 'ids', shard, signal), signal)
    yield* page.hits
    page.release()
  }
}

async function search(
  { cluster, task }: SideOfIndex,
  ids: readonly string[],
  level: VerifyLevel,
  shard: number | undefined,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof firstPage>>> {
  const { flavor, version } = cluster.identity
  const modern = flavor === 'opensearch' || atLeast(version, 7)
  const wanted: JsonObject = { ids: { values: ids } }
  const size = Math.min(10_000, 2 * ids.length + 10)
  const body = {
    size,
    sort: ['_doc'],
    version: true,
    ...(modern ? { track_total_hits: true } : {}),
    ...(modern || atLeast(version, 6, 7) ? { seq_no_primary_term: true } : {}),
    ...(level === 'full' ? wholeSource(cluster.identity) : { _source: false }),
    query: { bool: { filter: task.query ? [wanted, task.query] : [wanted] } },
  }
  const where = [...(shard === undefined ? [] : [`_shards:${shard}`]), ...(task.read.primaryOnly ? ['_primary'] : [])]
  const page = await firstPage(
    cluster,
    task.source,
    { body, preference: where.length > 0 ? where.join('|') : undefined },
    { shards: shard === undefined ? task.shards : 1, maxBytes: ids.length === 1 ? Infinity : largestAnswer },
    signal,
  )
  if ((page.total ?? 0) <= page.hits.length) return page
  page.release()
  throw new ShardferryError('page-too-large', `One id of ${task.source} stands under more than ${size} routings.`)
}

function foundOf({ task }: SideOfIndex, hit: Hit): Found {
  const version = task.versionFrom === 'seq-no' && hit.seqNo !== undefined ? hit.seqNo + 1n : (hit.version ?? 0n)
  const source = hit.source ?? nothing
  return {
    id: hit.id,
    routing: hit.routing,
    version,
    seqNo: hit.seqNo,
    source: hit.unusual && source.length > 0 ? oneLine(source) : source,
  }
}

const nothing = new Uint8Array(0)

/** Whether two sources are the same as stored, or at least say the same. */
export function sameness(a: Uint8Array, b: Uint8Array): 'bytes' | 'values' | 'none' {
  if (Buffer.compare(a, b) === 0) return 'bytes'
  const value = canonical(a)
  return value !== undefined && value === canonical(b) ? 'values' : 'none'
}
