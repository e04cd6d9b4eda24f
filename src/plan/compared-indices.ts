import type { Cluster } from '../cluster/cluster.ts'
import { findIndex } from '../metadata/read.ts'
import type { IndexDefinition } from '../metadata/read.ts'
import { setting } from '../metadata/tree.ts'
import type { ShardMark } from '../model/entries.ts'
import type { IndexTask } from '../model/plan.ts'
import type { Reader } from '../model/ports.ts'
import type { ComparedIndex, SideOfIndex } from '../verify/compared-index.ts'
import { definitionDifferences } from './definition-differences.ts'
import { seqNoUse } from './seq-no-use.ts'

export interface SideReaders {
  readonly cluster: Cluster
  readonly documents: Reader
  readonly ids: Reader
}

export interface ComparedFrom {
  readonly source: SideReaders
  readonly target: SideReaders
  /** The migration that moved the indices; undefined where something else did. */
  readonly migration:
    | {
        /** Target indices it made, by source index, with their uuids. */
        readonly created: ReadonlyMap<string, string>
        /** It came to its end, so that settings are restored and aliases are set. */
        readonly finished: boolean
        /** The checkpoints of the last closed round, by source index; undefined: compare up to now. */
        readonly copied: ReadonlyMap<string, readonly ShardMark[]> | undefined
      }
    | undefined
}

export interface Comparable {
  readonly indices: readonly ComparedIndex[]
  /** Those that cannot be compared, and why. */
  readonly left: readonly { readonly index: string; readonly reason: string }[]
}

/** How each index of a plan is compared: what is on the target under its name, and how that is read. */
export async function comparedIndices(tasks: readonly IndexTask[], from: ComparedFrom, signal: AbortSignal): Promise<Comparable> {
  const indices: ComparedIndex[] = []
  const left: { index: string; reason: string }[] = []
  for (const task of tasks) {
    const found = await comparedIndex(task, from, signal)
    if (typeof found === 'string') left.push({ index: task.source, reason: found })
    else indices.push(found)
  }
  return { indices, left }
}

async function comparedIndex(task: IndexTask, from: ComparedFrom, signal: AbortSignal): Promise<ComparedIndex | string> {
  const [here, there] = await Promise.all([
    findIndex(from.source.cluster, task.source, signal),
    findIndex(from.target.cluster, task.target, signal),
  ])
  if (here.kind !== 'index') return 'the source has no index of that name any more'
  if (!here.definition.open) return 'it is closed on the source'
  if (there.kind === 'other-name') return `${task.target} is an alias or a data stream on the target`
  if (there.kind === 'index' && !there.definition.open) return 'it is closed on the target'
  const definition = there.kind === 'index' ? there.definition : undefined
  const { migration } = from
  const copied = migration?.copied?.get(task.source)
  if (migration?.copied && !copied) return 'it has not been copied once yet'
  const created = migration?.created.get(task.source)
  const createdByPlan = task.action === 'create' && definition !== undefined && created === definition.uuid
  const notes: string[] = []
  if (definition && created !== undefined && created !== definition.uuid)
    notes.push(`the target index was deleted and created anew since the migration made it`)
  if (task.read.by !== 'seq-no' && task.read.reason) notes.push(`not read by sequence numbers on the source: ${task.read.reason}`)
  return {
    task,
    source: { ...from.source, task },
    target: definition && (await targetSide(task, definition, from, signal)),
    copied: task.read.by === 'seq-no' ? copied : undefined,
    // In a data stream's backing index the target counts versions itself.
    versions:
      migration !== undefined && task.dataStream === undefined && (task.versionFrom === 'version' || task.read.by === 'seq-no'),
    createdByPlan,
    mayHoldOthers: migration !== undefined && task.action === 'into-existing',
    definition: definition
      ? definitionDifferences(task, here.definition, definition, {
          route: [from.source.cluster.identity, from.target.cluster.identity],
          moved: migration !== undefined,
          finished: migration?.finished === true,
        })
      : [],
    notes,
  }
}

async function targetSide(
  task: IndexTask,
  definition: IndexDefinition,
  { target, migration }: ComparedFrom,
  signal: AbortSignal,
): Promise<SideOfIndex> {
  const use = await seqNoUse(target.cluster, definition, signal)
  const primaryOnly = setting(definition.settings, 'index.replication.type') === 'SEGMENT' ? { primaryOnly: true } : {}
  const { query, ...rest } = task
  // An index that was made for the documents moved holds nothing else; in another, only what is alike is compared.
  const all = migration !== undefined && task.action === 'create'
  return {
    ...target,
    task: {
      ...rest,
      ...(query === undefined || all ? {} : { query }),
      source: task.target,
      uuid: definition.uuid,
      shards: definition.shards,
      read: { by: use.usable ? 'seq-no' : 'slices', ...primaryOnly },
      versionFrom: 'version',
      settings: definition.settings,
    },
  }
}
