/**
 * The way back: the same migration with its clusters changed over, which follows the target to the source after a cutover.
 *
 * Before the cutover it only lists what the target has, in manifests, so that what applications delete there afterwards is
 * known to have been a copy. From the cutover on it copies what changes, with versions above all that the source has.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { exactnessFor } from '../../metadata/tune.ts'
import type { Doc } from '../../model/documents.ts'
import type { Entry, Holder } from '../../model/entries.ts'
import { ShardferryError } from '../../model/errors.ts'
import { movedTasks } from '../../model/plan.ts'
import type { IndexTask, Plan } from '../../model/plan.ts'
import type { Writer } from '../../model/ports.ts'
import { atLeast, formatVersion } from '../../model/version.ts'
import type { ComparedIndex } from '../../verify/compared-index.ts'
import type { Migration } from '../migration.ts'
import { copyPass } from '../phases.ts'

/** Why there is no way back for a plan; undefined where there is one. */
export function noWayBack(tasks: readonly IndexTask[], source: Pick<Cluster, 'identity'>): string | undefined {
  const { flavor, version } = source.identity
  if (flavor === 'elasticsearch' && !atLeast(version, 7))
    return `the source is Elasticsearch ${formatVersion(version)}, which is not written to`
  for (const { source: index, action, engine = 'stream', read, deletes, query, dataStream } of tasks) {
    if (dataStream !== undefined)
      return `what applications add to data stream ${dataStream} goes into an index of the target's own`
    if (action !== 'create') return `${index} went into an index that was there, whose own documents would go to the source`
    if (engine !== 'stream') return `${index} is moved by the engine ${engine}`
    if (read.by !== 'seq-no') return `${index} is not read by sequence numbers`
    if (deletes?.by !== 'manifest') return `what is copied of ${index} is not listed (--deletes manifest)`
    if (query) return `only a part of ${index} is moved`
  }
  return undefined
}

/** The plan with its sides changed over. @throws ShardferryError `unsupported` where an index cannot be read on the target */
export async function planBack(plan: Plan, compared: (task: IndexTask) => Promise<Pick<ComparedIndex, 'target'>>): Promise<Plan> {
  const indices: IndexTask[] = []
  for (const task of movedTasks(plan)) {
    const { target } = await compared(task)
    if (target?.task.read.by !== 'seq-no')
      throw new ShardferryError(
        'unsupported',
        `${task.target} cannot be followed back: it has no usable sequence numbers on the target.`,
        {
          hint: 'Cut over without a way back: run with --no-follow-back.',
        },
      )
    const { uuid, shards, read } = target.task
    indices.push({
      source: task.target,
      target: task.source,
      uuid,
      action: 'create',
      shards,
      estimate: task.estimate,
      read,
      deletes: { by: 'manifest', reason: 'What is on the target at the cutover is listed before it.' },
      versionFrom: task.versionFrom,
      settings: { index: { number_of_shards: String(task.shards) } },
      mappings: {},
      aliases: {},
      changes: [],
      tuning: exactnessFor({}),
    })
  }
  return { ...plan, source: plan.target, target: plan.source, indices, skipped: [], objects: [] }
}

/** How the journal of a way back begins: its target indices are the plan's source indices, as they were planned. */
export function firstEntries(forward: Plan, back: Plan, holder: Holder): readonly Entry[] {
  return [
    { type: 'planned', plan: back },
    { type: 'started', holder },
    ...movedTasks(forward).map(({ source, target, uuid }): Entry => ({ type: 'created', index: target, target: source, uuid })),
  ]
}

/** Enough for every sequence number of a shard, and for thousands of changes of direction within 63 bits. */
const bitsOfOneDirection = 48n

/** Added to versions after so many changes of direction. */
export function baseAfter(switches: number): bigint {
  return BigInt(switches) << bitsOfOneDirection
}

/** The version as manifests list it. */
export function withoutBase(version: bigint): bigint {
  return BigInt.asUintN(Number(bitsOfOneDirection), version)
}

/** Versions of the application stay as they are. */
export function raising(writer: Writer, base: () => bigint): Writer {
  return {
    write: (task, batch, signal) => {
      const added = task.versionFrom === 'seq-no' ? base() : 0n
      if (added === 0n) return writer.write(task, batch, signal)
      const docs = batch.docs.map(doc => (doc.op === 'delete' ? doc : raised(doc, added)))
      return writer.write(task, { docs, bytes: batch.bytes, release: () => batch.release() }, signal)
    },
  }
}

function raised({ id, routing, version, source, seqNo, op }: Doc, added: bigint): Doc {
  return { id, routing, version: version + added, source, seqNo, ...(op === undefined ? {} : { op }) }
}

/** Stands in for a writer while partitions are only listed: what is read is on the other side already. */
export const nothingWritten: Writer = {
  write: (_task, { docs }) => Promise.resolve({ written: 0, alreadyNewer: 0, rejected: [], filtered: docs.length }),
}

/** Lists what has come since it was listed last, without writing anything. @param untilRest where nobody writes any more, until nothing comes */
export async function listOn(m: Migration, untilRest: boolean, signal: AbortSignal): Promise<void> {
  m.mode.listing = true
  try {
    for (let left = untilRest ? Infinity : 1; left > 0; left--)
      if ((await copyPass(m, m.tasks, 'again', signal)).size === 0) return
  } finally {
    m.mode.listing = false
  }
}
