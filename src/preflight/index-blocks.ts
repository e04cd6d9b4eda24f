import type { Cluster } from '../cluster/cluster.ts'
import { indexPath } from '../cluster/cluster.ts'
import { json } from '../cluster/json.ts'
import { nameChunks } from './name-lists.ts'

export type Block = 'read' | 'write' | 'metadata' | 'read_only' | 'read_only_allow_delete'

/** The `index.blocks.*` settings that are on, by index; indices without any are left out. Each name must exist. */
export async function indexBlocks(
  cluster: Cluster,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Block[]>> {
  const answers = await Promise.all(
    nameChunks(names).map(chunk =>
      json<Readonly<Record<string, { readonly settings?: Readonly<Record<string, string>> }>>>(cluster, {
        method: 'GET',
        path: `/${indexPath(chunk)}/_settings/index.blocks.*`,
        query: { flat_settings: true },
        signal,
      }),
    ),
  )
  const blocks = answers
    .flatMap(answer => Object.entries(answer))
    .map(([index, { settings = {} }]): [string, Block[]] => [
      index,
      Object.entries(settings).flatMap(([name, value]) => (value === 'true' ? [name.replace('index.blocks.', '') as Block] : [])),
    ])
  return new Map(blocks.filter(([, on]) => on.length > 0))
}
