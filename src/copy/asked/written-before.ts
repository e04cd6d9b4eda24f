import type { Connection } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import type { Doc } from '../../model/documents.ts'
import type { WriteAs } from '../../model/plan.ts'

/**
 * Of documents that met a conflict, those that this request may have written itself: with external versions, those that
 * are there in the very version; else those that are there with the same content. A pipeline changes content, so behind
 * one each that is there counts as written.
 */
export async function writtenBefore(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  as: WriteAs,
  signal: AbortSignal,
): Promise<readonly Doc[]> {
  if (docs.length === 0) return []
  const versioned = as.versionType !== 'internal'
  const routing = (doc: Doc): string | undefined =>
    as.routing === 'keep' ? doc.routing : as.routing.startsWith('=') ? as.routing.slice(1) : undefined
  const { docs: found } = await json<{ docs: readonly { found?: boolean; _version?: number; _source?: unknown }[] }>(target, {
    method: 'POST',
    path: `/${indexPath(index)}/_mget`,
    query: { _source: !versioned },
    body: { docs: docs.map(doc => ({ _id: doc.id, ...(routing(doc) === undefined ? {} : { routing: routing(doc) }) })) },
    signal,
  })
  return docs.filter((doc, i) => {
    const there = found[i]
    if (there?.found !== true) return false
    if (versioned) return BigInt(there._version ?? -1) === doc.version
    return as.pipeline !== undefined || isSame(there._source, doc.source)
  })
}

function isSame(there: unknown, source: Uint8Array): boolean {
  return JSON.stringify(there) === JSON.stringify(JSON.parse(Buffer.from(source).toString('utf8')))
}
