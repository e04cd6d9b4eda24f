/**
 * The limit: what the target takes when nothing else has to be done. Bulk bodies are made beforehand and only sent, as
 * large and as many at once as Shardferry's, into an index that is tuned the same way.
 */
import { tuningFor } from '../src/metadata/tune.ts'
import type { Identity } from '../src/model/version.ts'
import type { Outcome } from './measure.ts'
import { makeIndex } from './native.ts'
import { countDocs, type Node } from './node.ts'
import { scrollAll, type SourceIndex } from './source-index.ts'

export interface Prepared {
  readonly bodies: readonly Buffer[]
  /** Of `_source`. */
  readonly bytes: number
}

const identity: Identity = {
  flavor: 'opensearch',
  version: { major: 2, minor: 19, patch: 4 },
  clusterName: '',
  clusterUuid: '',
}

interface Page {
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source: object }[] }
}

export async function prepareBodies(source: Node, index: SourceIndex, pageBytes: number, pageDocs = 5000): Promise<Prepared> {
  const bodies: Buffer[] = []
  let lines: string[] = []
  let inBody = 0
  let bytes = 0
  const close = (): void => {
    if (lines.length > 0) bodies.push(Buffer.from(`${lines.join('\n')}\n`))
    lines = []
    inBody = 0
  }
  await scrollAll(source, index, pageDocs, page => {
    for (const hit of (JSON.parse(page.toString('utf8')) as Page).hits.hits) {
      const line = JSON.stringify(hit._source)
      lines.push(`{"index":{"_id":"${hit._id}"}}`, line)
      bytes += Buffer.byteLength(line)
      inBody += line.length + 150
      if (inBody >= pageBytes) close()
    }
  })
  close()
  return { bodies, bytes }
}

export async function sendPrepared(target: Node, index: SourceIndex, prepared: Prepared, width: number): Promise<Outcome> {
  await makeIndex(target, index, tuningFor(identity, {}))
  const more = prepared.bodies.values()
  const sender = async (): Promise<void> => {
    for (const body of more) {
      const answer = await target.ask<{ errors: boolean }>('POST', `/${index.name}/_bulk?filter_path=errors`, body)
      if (answer.errors) throw new Error('The target refused prepared documents.')
    }
  }
  await Promise.all(Array.from({ length: width }, sender))
  return { docs: await countDocs(target, index.name), bytes: prepared.bytes }
}
