import type { Cluster } from './cluster.ts'
import { indexPath } from './cluster.ts'
import { jsonIfFound } from './json.ts'

export type FlatSettings = Readonly<Record<string, string>>

/**
 * Some settings of indices, such as `index.blocks.*`, by index and by full name; an index that has none of them may be
 * missing. Asked for as a tree and made flat here: Elasticsearch 5 knows no `flat_settings` where settings are named.
 * @returns undefined where there is no such index
 */
export async function indexSettings(
  cluster: Cluster,
  indices: string | readonly string[],
  wanted: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string | boolean>> = {},
): Promise<ReadonlyMap<string, FlatSettings> | undefined> {
  const path = `/${indexPath(indices)}/_settings/${wanted}`
  const answer = await jsonIfFound<Readonly<Record<string, { settings?: object }>>>(cluster, {
    method: 'GET',
    path,
    query,
    signal,
  })
  return answer && new Map(Object.entries(answer).map(([index, { settings = {} }]) => [index, flat(settings, '')]))
}

function flat(tree: object, prefix: string): FlatSettings {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(flat(value, `${prefix}${key}.`))
        : [[`${prefix}${key}`, String(value)]],
    ),
  )
}
