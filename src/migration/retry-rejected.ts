import type { IndexState } from '../journal/fold.ts'
import type { SetAsideLine } from '../copy/set-aside.ts'
import { bytesOf, readSetAside } from '../copy/set-aside.ts'
import type { Batch, Partition } from '../model/documents.ts'
import type { IndexTask } from '../model/plan.ts'
import type { SetAside, Writer } from '../model/ports.ts'
import type { Memory } from './memory.ts'

export interface SetAsidePartition {
  readonly task: IndexTask
  readonly partition: Partition
  readonly lines: readonly SetAsideLine[]
}

/** Every document set aside so far, by partition. */
export function* listSetAside(
  tasks: readonly IndexTask[],
  indices: ReadonlyMap<string, IndexState>,
  folder: string,
): Iterable<SetAsidePartition> {
  for (const task of tasks) {
    for (const round of indices.get(task.source)?.rounds ?? []) {
      for (const partition of round.partitions) {
        if ((round.settled.get(partition.id)?.counts.setAside ?? 0) === 0) continue
        yield { task, partition, lines: readSetAside(folder, partition) }
      }
    }
  }
}

/**
 * Writes documents that were set aside again, with their own versions: a newer one that came in a later round stays.
 * What is still refused is set aside anew, before the journal says what was written.
 */
export async function retrySetAside(
  found: SetAsidePartition,
  parts: { readonly writer: Writer; readonly setAside: SetAside; readonly memory: Memory },
  signal: AbortSignal,
): Promise<{ readonly written: number; readonly alreadyNewer: number; readonly remaining: number }> {
  const { task, partition, lines } = found
  const refused = parts.setAside.begin(task, partition)
  const sum = { written: 0, alreadyNewer: 0, remaining: 0 }
  try {
    for (let from = 0; from < lines.length; from += 500) {
      const result = await parts.writer.write(task, batchOf(lines.slice(from, from + 500)), signal)
      sum.written += result.written
      sum.alreadyNewer += result.alreadyNewer
      sum.remaining += result.rejected.length
      refused.keep(result.rejected)
    }
    refused.commit()
  } catch (thrown) {
    refused.discard()
    throw thrown
  }
  parts.memory.append({ type: 'retried', partition: partition.id, index: task.source, ...sum })
  return sum
}

function batchOf(lines: readonly SetAsideLine[]): Batch {
  const docs = lines.map(line => ({
    id: line.id,
    routing: line.routing,
    version: BigInt(line.version),
    source: bytesOf(line),
  }))
  return { docs, bytes: docs.reduce((sum, doc) => sum + doc.source.length, 0), release: () => undefined }
}
