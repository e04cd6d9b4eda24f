import type { Cluster } from '../cluster/cluster.ts'
import { indexSettings } from '../cluster/index-settings.ts'
import { nameChunks } from './name-lists.ts'

export type Block = 'read' | 'write' | 'metadata' | 'read_only' | 'read_only_allow_delete'

/** The `index.blocks.*` settings that are on, by index; indices without any are left out. Each name must exist. */
export async function indexBlocks(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Block[]>> {
  const answers = await Promise.all(nameChunks(names).map(chunk => indexSettings(cluster, chunk, 'index.blocks.*', signal)))
  const blocks = answers
    .flatMap(answer => [...(answer ?? [])])
    .map(([index, settings]): [string, Block[]] => [
      index,
      Object.entries(settings).flatMap(([name, value]) => (value === 'true' ? [name.replace('index.blocks.', '') as Block] : [])),
    ])
  return new Map(blocks.filter(([, on]) => on.length > 0))
}
