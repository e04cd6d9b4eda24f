import { InFlight } from '../flow/in-flight.ts'
import type { Partition, Settled } from '../model/documents.ts'
import { balances } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Manifests, Meter, Reader, SetAside, World, Writer } from '../model/ports.ts'

export interface CopyParts {
  readonly reader: Reader
  readonly writer: Writer
  readonly setAside: SetAside
  readonly manifests: Manifests
  readonly meter: Meter
  readonly world: World
}

/** Batches of one partition being written while the next is read. */
const batchesInFlight = 2

/**
 * Moves one partition: the one function that moves documents. Returns when every document is written, already newer or
 * set aside on disk, and what was copied is listed on disk; on an error nothing counts, and the partition is moved again from its start.
 */
export async function copyPartition(
  task: IndexTask,
  partition: Partition,
  attempt: number,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<Settled> {
  const { reader, writer, setAside, manifests, meter, world } = parts
  const startMs = world.now()
  const counts = { read: 0, written: 0, alreadyNewer: 0, setAside: 0, filtered: 0, bytes: 0 }
  const refused = setAside.begin(task, partition)
  const manifest = manifests.begin(task, partition)
  let listed: number | undefined
  const writes = new InFlight(batchesInFlight)
  try {
    for await (const batch of reader.read(task, partition, signal)) {
      counts.read += batch.docs.length
      counts.bytes += batch.bytes
      meter.read(task.source, batch.docs.length, batch.bytes)
      world.reached('page-read')
      await writes.start(async () => {
        try {
          manifest?.list(batch.docs)
          const result = await writer.write(task, batch, signal)
          counts.written += result.written
          counts.alreadyNewer += result.alreadyNewer
          counts.filtered += result.filtered ?? 0
          counts.setAside += result.rejected.length
          meter.wrote(task.source, result)
          refused.keep(result.rejected)
          manifest?.refuse(result.rejected)
        } finally {
          batch.release()
        }
        world.reached('batch-written')
      })
    }
    await writes.drain()
    if (!balances(counts)) throw unbalanced(partition, counts)
    if (manifest) {
      listed = manifest.commit()
      world.reached('manifest-kept')
    }
    refused.commit()
  } catch (thrown) {
    await writes.drain().catch(() => undefined)
    refused.discard()
    manifest?.discard()
    meter.redone(task.source, counts)
    throw thrown
  }
  world.reached('partition-written')
  return {
    partition: partition.id,
    index: task.source,
    round: partition.round,
    counts,
    attempts: attempt,
    tookMs: world.now() - startMs,
    ...(listed === undefined ? {} : { listed }),
  }
}

function unbalanced(partition: Partition, counts: object): ShardferryError {
  return new ShardferryError(
    'account-unbalanced',
    `The account of partition ${partition.id} does not balance: ${JSON.stringify(counts)}.`,
    {
      hint: 'This is a fault in Shardferry; please report it. The partition does not count as moved.',
    },
  )
}
