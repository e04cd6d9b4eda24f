import type { Batch } from '../../model/documents.ts'
import type { Reader } from '../../model/ports.ts'

/** The same reader, but for tasks of which only so many documents are to be read (`max_docs`). */
export function firstDocs(reader: Reader): Reader {
  return {
    ...reader,
    read: (task, partition, signal) => {
      const { maxDocs } = task.read
      const all = reader.read(task, partition, signal)
      return maxDocs === undefined ? all : upTo(maxDocs, all)
    },
  }
}

async function* upTo(most: number, batches: AsyncIterable<Batch>): AsyncIterable<Batch> {
  let left = most
  if (left === 0) return
  for await (const batch of batches) {
    if (batch.docs.length < left) {
      left -= batch.docs.length
      yield batch
      continue
    }
    const docs = batch.docs.slice(0, left)
    yield { docs, bytes: docs.reduce((sum, { source }) => sum + source.length, 0), release: () => batch.release() }
    return
  }
}
