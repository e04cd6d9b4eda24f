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
  if (hit.sourceBytes === 0) {
    throw new ShardferryError('unsupported', `Document ${hit.id} of ${task.source} has no _source.`, {
      hint: 'An index with _source disabled cannot be copied by reading it. Set its action to skip in the plan.',
    })
  }
  const version = externalVersion(task, hit)
  return hit.unusual ? { id: hit.id, routing: hit.routing, version, source: oneLine(sourceOf(hit)) } : new HitDoc(hit, version)
}

/** A document whose source is still a position in its page. */
class HitDoc implements Doc {
  readonly version: bigint
  readonly #hit: Hit

  constructor(hit: Hit, version: bigint) {
    this.#hit = hit
    this.version = version
  }

  get id(): string {
    return this.#hit.id
  }
  get routing(): string | undefined {
    return this.#hit.routing
  }
  get source(): Uint8Array {
    return sourceOf(this.#hit)
  }
}

function sourceOf(hit: Hit): Uint8Array {
  return hit.source ?? new Uint8Array(0)
}

/** Sequence number + 1: grows with every write of a document, also over delete and re-creation, which `_version` does not. */
function externalVersion(task: IndexTask, hit: Hit): bigint {
  const version = task.versionFrom === 'seq-no' && hit.seqNo !== undefined ? hit.seqNo + 1n : hit.version
  if (version !== undefined && (task.versionFrom === 'version' || hit.seqNo !== undefined)) return version
  throw new ShardferryError(
    'unsupported',
    `Document ${hit.id} of ${task.source} has no ${task.versionFrom === 'seq-no' ? 'sequence number' : 'version'}.`,
    {
      hint: "Set versionFrom to 'version' for this index in the plan.",
    },
  )
}
