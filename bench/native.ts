import type { Outcome } from './measure.ts'
import { countDocs, type Node } from './node.ts'
import type { SourceIndex } from './source-index.ts'

/** The target's own `_reindex` from remote, into an index made for it as its documentation advises. */
export async function nativeReindex(
  source: Node,
  target: Node,
  index: SourceIndex,
  bytes: number,
  batchDocs = 5000,
): Promise<Outcome> {
  await makeIndex(target, index)
  const answer = await target.ask<{ created: number; failures: unknown[] }>('POST', '/_reindex?wait_for_completion=true', {
    source: { remote: { host: source.url }, index: index.name, size: batchDocs },
    dest: { index: index.name },
  })
  if (answer.failures.length > 0) throw new Error(`_reindex failed: ${JSON.stringify(answer.failures[0])}`)
  return { docs: await countDocs(target, index.name), bytes }
}

/** As the documentation of every peer advises: the same mapping, no replicas, no refresh meanwhile. */
export async function makeIndex(target: Node, { name, shards, mappings }: SourceIndex, more: object = {}): Promise<void> {
  const settings = { number_of_shards: shards, number_of_replicas: 0, refresh_interval: '-1', ...more }
  await target.send('PUT', `/${name}`, { settings, mappings })
}
