import type { Cluster } from '../../cluster/cluster.ts'
import { indexPath } from '../../cluster/cluster.ts'
import { json } from '../../cluster/json.ts'
import type { StepKind } from '../../cluster/step-kind.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { DataStreamTask, DataStreamWay, IndexTask } from '../../model/plan.ts'
import type { Step } from '../../model/ports.ts'
import { countAll } from '../create.ts'
import { makeRoom } from './make-room.ts'
import { findDataStream } from './read.ts'
import { rollOver } from './roll-over.ts'

const prefix = 'data-stream/'

type Saved = { readonly existed: boolean; readonly by: DataStreamWay }

/**
 * Makes a data stream on the target. By `attach` it stays empty, past every generation that is to be added to it; by
 * `roll-over` it makes a backing index for each of these tasks, as the plan defines them, oldest first.
 */
export function openDataStreamStep(target: Cluster, stream: DataStreamTask, tasks: readonly IndexTask[]): Step<Saved> {
  return {
    id: `${prefix}${stream.target}`,
    describe: () => `make data stream ${stream.target} on the target`,

    async capture(signal) {
      const existed = (await findDataStream(target, stream.target, signal)) !== undefined
      if (existed && stream.action === 'create')
        throw new ShardferryError('target-exists', `The target has a data stream named ${stream.target} already.`, {
          hint: 'Add to it (--into-existing), move it under another name (--rename), or delete it if it is left over from an earlier try.',
        })
      return { existed, by: stream.by }
    },

    async apply(signal) {
      if (stream.by === 'roll-over') await rollOver(target, stream, tasks, signal)
      else await makeRoom(target, stream.target, stream.indices, stream.action === 'create', signal)
      if (stream.action !== 'create' || stream.lifecycle === undefined) return
      const path = `/_data_stream/${indexPath(stream.target)}/_lifecycle`
      await json(target, { method: 'PUT', path, body: stream.lifecycle, signal })
    },

    undo: (saved, signal) => remove(target, stream.target, saved, signal),
  }
}

/** @param made it goes where the migration is rolled back and what it made goes */
export function dataStreamKind(made: boolean): StepKind {
  if (!made) return { prefix, atEnd: 'kept' }
  return {
    prefix,
    atEnd: 'undone',
    side: 'target',
    describe: name => `delete data stream ${name} on the target, with its backing indices`,
    undo: (target, name, saved, signal) => remove(target, name, saved as Saved, signal),
  }
}

/** Only one that was made. By `attach` nothing of this migration is in it any more: nobody else's documents go with it. */
async function remove(target: Cluster, name: string, { existed, by }: Saved, signal: AbortSignal): Promise<void> {
  if (existed || (await findDataStream(target, name, signal)) === undefined) return
  if (by === 'attach' && (await countAll(target, name, signal)) > 0)
    throw new ShardferryError(
      'target-changed',
      `The data stream ${name} on the target holds documents that came from elsewhere.`,
      {
        hint: `It is left as it is. Delete it by hand if nobody needs it: DELETE /_data_stream/${name}`,
      },
    )
  await json(target, { method: 'DELETE', path: `/_data_stream/${indexPath(name)}`, signal })
}

const rolledPrefix = 'roll-over/'

/** Rolls the target's data stream over for a backing index that the source's has got meanwhile. What it makes goes with the stream. */
export function rollOverStep(target: Cluster, stream: DataStreamTask, task: IndexTask): Step<null> {
  return {
    id: `${rolledPrefix}${task.target}`,
    describe: () => `roll data stream ${stream.target} over on the target, for ${task.target}`,
    capture: () => Promise.resolve(null),
    apply: signal =>
      stream.by === 'roll-over'
        ? rollOver(target, stream, [task], signal)
        : makeRoom(target, stream.target, [task.target], false, signal),
    undo: () => Promise.resolve(),
  }
}

export const rollOverKind: StepKind = { prefix: rolledPrefix, atEnd: 'kept' }
