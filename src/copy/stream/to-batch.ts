import { oneLine } from '../../cluster/one-line.ts'
import type { Hit } from '../../cluster/scan-page.ts'
import type { HeldPage } from '../../cluster/scroll.ts'
import type { Batch, Doc } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'

/** The documents of a page, each fit to stand as one line in a bulk body. `release` gives the page back. */
export function toBatch(task: IndexTask, page: HeldPage): Batch {
  let bytes = 0
  const docs = page.hits.map(hit => {
    const doc = toDoc(task, hit)
    bytes += hit.unusual ? doc.source.length : hit.sourceBytes
    return doc
  })
  return { docs, bytes, release: () => page.release() }
}

function toDoc(task: IndexTask, hit: Hit): Doc {
  if (hit.sourceBytes === 0 && !task.read.idsOnly) {
    throw new ShardferryError('unsupported', `Document ${hit.id} of ${task.source} has no _source.`, {
      hint: 'An index with _source disabled cannot be copied by reading it. Set its action to skip in the plan.',
    })
  }
  const doc = hit.asDoc(task.versionFrom)
  if (doc === undefined) {
    throw new ShardferryError(
      'unsupported',
      `Document ${hit.id} of ${task.source} has no ${task.versionFrom === 'seq-no' ? 'sequence number' : 'version'}.`,
      { hint: "Set versionFrom to 'version' for this index in the plan." },
    )
  }
  if (!hit.unusual) return doc
  return { id: doc.id, routing: doc.routing, version: doc.version, seqNo: doc.seqNo, source: oneLine(doc.source) }
}
