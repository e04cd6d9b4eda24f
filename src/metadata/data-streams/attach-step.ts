import type { Cluster } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import type { StepKind } from '../../cluster/step-kind.ts'
import type { DataStreamTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import { changeAliases } from '../alias-step.ts'
import { goneMeanwhile } from './make-room.ts'
import { findDataStream } from './read.ts'

const prefix = 'attach/'

type Saved = { readonly added: readonly string[]; readonly aliases: readonly string[] }

/**
 * Adds copied indices to their data stream, in one call that takes effect as a whole. Elasticsearch puts each before those
 * that are there, OpenSearch behind them and before the one that is written to; so those that were added before are taken
 * out and come again, in their place.
 */
export function attachStep(target: Cluster, stream: DataStreamTask): Step<Saved> {
  const name = stream.target
  return {
    id: `${prefix}${name}/${stream.indices.length}`,
    describe: () => `add ${stream.indices.length} backing indices to data stream ${name} on the target`,

    async capture(signal) {
      const known = await findDataStream(target, name, signal)
      return { added: stream.indices.filter(index => !known?.indices.includes(index)), aliases: Object.keys(stream.aliases) }
    },

    async apply(signal) {
      const known = await findDataStream(target, name, signal)
      if (!known) throw goneMeanwhile(name)
      const inside = stream.indices.filter(index => known.indices.includes(index))
      if (inside.length < stream.indices.length) await modify(target, name, inside, inOrder(target, stream.indices), signal)
      const added = Object.entries(stream.aliases).map(([alias, definition]) => ({ add: { index: name, alias, ...definition } }))
      await changeAliases(target, name, added, signal)
    },

    undo: (saved, signal) => detach(target, name, saved, signal),
  }
}

function inOrder({ identity }: Cluster, oldestFirst: readonly string[]): readonly string[] {
  return identity.flavor === 'elasticsearch' ? oldestFirst.toReversed() : oldestFirst
}

/** @param made they are taken out where the migration is rolled back and what it made goes */
export function attachKind(made: boolean): StepKind {
  if (!made) return { prefix, atEnd: 'kept' }
  return {
    prefix,
    atEnd: 'undone',
    side: 'target',
    describe: name => `take the backing indices that were added out of data stream ${nameIn(name)} on the target`,
    undo: (target, name, saved, signal) => detach(target, nameIn(name), saved as Saved, signal),
  }
}

/** The number behind it tells apart what was added when. */
function nameIn(rest: string): string {
  return rest.replace(/\/\d+$/, '')
}

async function detach(target: Cluster, name: string, { added, aliases }: Saved, signal: AbortSignal): Promise<void> {
  const known = await findDataStream(target, name, signal)
  if (!known) return
  await changeAliases(
    target,
    name,
    aliases.map(alias => ({ remove: { index: name, alias, must_exist: false } })),
    signal,
  )
  const inside = added.filter(index => known.indices.slice(0, -1).includes(index))
  if (inside.length > 0) await modify(target, name, inside, [], signal)
}

async function modify(
  target: Cluster,
  name: string,
  out: readonly string[],
  into: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const actions = [
    ...out.map(index => ({ remove_backing_index: { data_stream: name, index } })),
    ...into.map(index => ({ add_backing_index: { data_stream: name, index } })),
  ]
  await json(target, { method: 'POST', path: '/_data_stream/_modify', body: { actions }, signal })
}
