import type { Doc } from '../model/documents.ts'
import { ShardferryError } from '../model/errors.ts'
import type { JsonObject, WriteAs } from '../model/plan.ts'
import { indexPath } from './cluster.ts'
import type { Connection } from './cluster.ts'
import { parsed } from './json.ts'
import { refusal } from './refusal.ts'
import { withWords } from './words.ts'

/** What the target says of one document, in its own words. */
export interface BulkOutcome {
  readonly _index: string
  /** Up to Elasticsearch 7. */
  readonly _type?: string
  readonly _id: string
  readonly status: number
  readonly error?: JsonObject
}

/**
 * Writes documents as a `_reindex` of the target's own would: through the index's default pipeline or the one that is
 * asked for, with or without versions. Outcomes come by position.
 * @throws ShardferryError for an answer to the whole request, with the target's words where it was refused
 */
export async function bulkAs(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  as: WriteAs,
  signal: AbortSignal,
): Promise<readonly BulkOutcome[]> {
  const request = {
    method: 'POST',
    path: `/${indexPath(index)}/_bulk`,
    query: { pipeline: as.pipeline, timeout: as.timeout, wait_for_active_shards: as.waitForActiveShards },
    body: frame(docs, as),
    signal,
  } as const
  const answer = await target.exchange(request)
  if (answer.status >= 400) throw withWords(refusal(target, request, answer), answer)
  const { items } = parsed(target, request, answer) as { items?: readonly Readonly<Record<string, BulkOutcome>>[] }
  const outcomes = (items ?? []).flatMap(item => Object.values(item))
  if (outcomes.length === docs.length) return outcomes
  throw new ShardferryError(
    'response-unreadable',
    `The bulk answer of the target ${target.address} accounts for ${outcomes.length} of ${docs.length} documents.`,
    { recovery: 'retry', hint: 'A proxy may have cut the answer short; the same documents are sent again.' },
  )
}

const lineBreak = Buffer.from('\n')

function frame(docs: readonly Doc[], as: WriteAs): Uint8Array {
  return Buffer.concat(docs.flatMap(doc => [Buffer.from(actionLine(doc, as)), doc.source, lineBreak]))
}

function actionLine({ id, routing, version }: Doc, as: WriteAs): string {
  const given = as.routing.startsWith('=') ? as.routing.slice(1) : as.routing === 'keep' ? routing : undefined
  const routed = given === undefined ? '' : `,"routing":${JSON.stringify(given)}`
  const versioned = as.versionType === 'internal' ? '' : `,"version":${version},"version_type":"${as.versionType}"`
  return `{"${as.opType}":{"_id":${JSON.stringify(id)}${routed}${versioned}}}\n`
}
