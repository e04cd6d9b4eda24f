import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import { ShardferryError } from '../../model/errors.ts'
import { countAll } from '../create.ts'
import { findDataStream } from './read.ts'
import type { DataStream } from './read.ts'
import { generationOf } from './way.ts'

/**
 * Rolls a data stream over until none of its own backing indices needs one of these names, and until servers let them be
 * made: OpenSearch refuses an index whose number is above the stream's generation. What it made under them, and is empty,
 * is deleted. The stream is made where it is missing.
 * @param all delete every empty one but the one that is written to, as of a stream that was made just now
 */
export async function makeRoom(
  target: Cluster,
  name: string,
  wanted: readonly string[],
  all: boolean,
  signal: AbortSignal,
): Promise<void> {
  const highest = Math.max(0, ...wanted.map(index => generationOf(index) ?? 0))
  let stream = await findDataStream(target, name, signal)
  if (!stream) await createDataStream(target, name, signal)
  for (;;) {
    stream = await findDataStream(target, name, signal)
    if (!stream) throw goneMeanwhile(name)
    const written = stream.indices.at(-1) ?? ''
    if (stream.generation >= highest && !wanted.includes(written)) break
    await rolledOver(target, name, signal)
  }
  await deleteEmpty(target, stream, index => all || wanted.includes(index), signal)
}

/** Never the one that is written to. */
export async function deleteEmpty(
  target: Cluster,
  stream: DataStream,
  which: (index: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const index of stream.indices.slice(0, -1).filter(which)) {
    if ((await countAll(target, index, signal)) > 0)
      throw new ShardferryError(
        'target-exists',
        `The target's data stream ${stream.name} has a backing index ${index} with documents.`,
        {
          hint: 'Move the data stream under another name: --rename, such as {index}-v2.',
        },
      )
    await json(target, { method: 'DELETE', path: `/${indexPath(index)}`, signal })
  }
}

export async function createDataStream(target: Cluster, name: string, signal: AbortSignal): Promise<void> {
  await json(target, { method: 'PUT', path: `/_data_stream/${indexPath(name)}`, signal })
}

export async function rolledOver(target: Cluster, name: string, signal: AbortSignal): Promise<void> {
  await json(target, { method: 'POST', path: `/${indexPath(name)}/_rollover`, signal })
}

export function goneMeanwhile(name: string): ShardferryError {
  return new ShardferryError('target-changed', `The data stream ${name} on the target was deleted while it was made.`, {
    hint: 'Run the same command again once nobody deletes it.',
  })
}
