import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Place } from '../model/documents.ts'
import type { Difference } from '../model/verification.ts'
import { compareIndex } from './compare-index.ts'
import type { CompareParts } from './compare-index.ts'
import { placeOf } from './compared-index.ts'
import type { ComparedIndex } from './compared-index.ts'

/** Differences that are named, and held in memory, in one go. */
const namedAtOnce = 20_000

/**
 * Sweeps an index: compares the ids of both sides, and names what only the target has, some at once. Whoever takes them
 * deletes them; what is still there when all is compared again is named no more.
 */
export async function* extraPlaces(
  index: ComparedIndex,
  parts: CompareParts,
  signal: AbortSignal,
): AsyncIterable<readonly Place[]> {
  // Versions do not matter here, and may be raised on the target.
  const compared = { ...index, versions: false }
  for (let before = new Set<string>(); ;) {
    const { cut } = await compareIndex(compared, { level: 'ids', form: 'auto', maxDifferences: namedAtOnce }, parts, signal)
    const places = new Map<string, Place>()
    for await (const { kind, id, routing } of differencesIn(parts.kept.end())) {
      const place = placeOf(id, routing)
      if (kind === 'extra' && !before.has(place)) places.set(place, { id, routing })
    }
    if (places.size > 0) yield [...places.values()]
    if (!cut || places.size === 0) return
    before = new Set(places.keys())
  }
}

/** Differences of a comparison, in its own order. */
export async function* differencesIn(file: string): AsyncIterable<Difference> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) yield JSON.parse(line) as Difference
}
