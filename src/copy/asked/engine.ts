import type { Reindexed } from '../../model/documents.ts'
import type { WriteAs } from '../../model/plan.ts'
import type { Engine, Manifests, Meter, Reader, SetAside } from '../../model/ports.ts'
import { copyPartition } from '../copy-partition.ts'
import { firstDocs } from './first-docs.ts'
import { askedWriter } from './writer.ts'
import type { AskedWriter, AskedWriterParts } from './writer.ts'

export interface AskedEngine extends Engine {
  /** Of partitions that are not settled yet. */
  underWay(): Iterable<Reindexed>
  /** The journal has this partition's counts now. */
  journaled(partition: string): void
}

/**
 * Moves partitions as a `_reindex` request asks: what is refused ends the request, so nothing is set aside.
 * @param hasBegun a partition that an earlier process may have written a part of
 */
export function askedEngine(
  parts: AskedWriterParts & { readonly reader: Reader; readonly meter: Meter },
  as: WriteAs,
  hasBegun: (partition: string) => boolean,
): AskedEngine {
  const { meter, world } = parts
  const reader = firstDocs(parts.reader)
  const writers = new Map<string, AskedWriter>()
  return {
    copy: async (task, partition, attempt, signal) => {
      const writer = askedWriter(parts, as, attempt > 1 || hasBegun(partition.id))
      writers.set(partition.id, writer)
      const settled = await copyPartition(task, partition, attempt, { reader, writer, setAside, manifests, meter, world }, signal)
      return { ...settled, reindexed: { ...writer.counts } }
    },
    underWay: () => [...writers.values()].map(({ counts }) => counts),
    journaled: partition => void writers.delete(partition),
  }
}

const setAside: SetAside = { begin: () => ({ keep: () => undefined, commit: () => undefined, discard: () => undefined }) }
const manifests: Manifests = { begin: () => undefined }
