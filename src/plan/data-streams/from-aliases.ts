import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { jsonIfFound } from '../../cluster/json.ts'
import type { DataStream } from '../../metadata/data-streams/read.ts'
import type { ClusterNames, NamedIndex } from '../../metadata/names.ts'
import { ShardferryError } from '../../model/errors.ts'

/** Indices with the data stream that they are to become backing indices of. */
export function asBacking(indices: readonly NamedIndex[], names: ClusterNames, wanted: readonly string[]): readonly NamedIndex[] {
  const of = new Map<string, string>()
  for (const name of wanted) {
    const members = names.aliases.find(alias => alias.name === name)?.indices ?? [name]
    const chosen = indices.filter(index => members.includes(index.name) && index.dataStream === undefined)
    if (chosen.length === 0)
      throw new ShardferryError('plan-invalid', `No index of ${name} is selected that could become a data stream.`, {
        hint: 'Give --to-data-stream the name of an alias or index that --index selects.',
      })
    for (const index of chosen) of.set(index.name, name)
  }
  return indices.map(index => {
    const dataStream = of.get(index.name)
    return dataStream === undefined ? index : { ...index, dataStream }
  })
}

/** An alias, or an index alone, as if it were a data stream: in the order of the names, what is written to last. */
export async function streamOfAlias(
  source: Cluster,
  name: string,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<DataStream> {
  const held = await jsonIfFound<Record<string, { aliases: Record<string, { is_write_index?: boolean }> }>>(source, {
    method: 'GET',
    path: `/_alias/${indexPath(name)}`,
    signal,
  })
  const written = indices.filter(index => held?.[index]?.aliases[name]?.is_write_index === true)
  const ordered = [...indices.filter(index => !written.includes(index)).toSorted(), ...written]
  return {
    name,
    timestampField: '@timestamp',
    indices: ordered,
    generation: ordered.length,
    hidden: false,
    template: undefined,
    lifecycle: undefined,
    failureIndices: [],
  }
}
