/**
 * Moves partitions by the target cluster's own `_reindex` from remote, an asynchronous task for each. Invariant: a
 * partition is settled only by a task that ended by itself and accounts for every document (judge.ts); a task that is
 * started is either watched to its end, or cancelled, or, after a crash, found again by its id in the journal or by its mark.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { endTask, readTask, rethrottle, runningReindexes, submitReindex } from '../../cluster/reindex.ts'
import type { ReindexStatus, ReindexTask } from '../../cluster/reindex.ts'
import { count } from '../../cluster/shards.ts'
import { backoffMs, retried } from '../../flow/backoff.ts'
import { noCounts } from '../../model/documents.ts'
import type { Counts, Partition, Settled } from '../../model/documents.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Engine, Meter, TaskMemory, Throttler, World } from '../../model/ports.ts'
import { partitionQuery } from '../partition-query.ts'
import { BatchSizes } from './batch-size.ts'
import { judge } from './judge.ts'
import { chosenNode } from './node.ts'
import type { TaskMarks } from './opaque-id.ts'
import { reindexBody } from './request.ts'
import type { RemoteSource } from './request.ts'

export interface ReindexParts {
  readonly source: Cluster
  readonly target: Cluster
  readonly remote: RemoteSource
  /** Moves what holds documents that the target refuses, so that these are set aside one by one. */
  readonly stream: Engine
  readonly tasks: TaskMemory
  readonly marks: TaskMarks
  readonly throttler: Throttler
  readonly meter: Meter
  readonly world: World
}

export interface ReindexOptions {
  /** Bytes of documents in a batch, about. */
  readonly batchBytes: number
  /** The target's node that gets the requests; undefined: the elected master where it can be reached. */
  readonly node: string | undefined
  readonly giveUpAfterMs: number
}

export interface ReindexEngine extends Engine {
  /** What the report should say. */
  notes(): readonly string[]
}

/** How a task ended; `paused` and `gone` leave nothing behind. */
type Ending = ReindexTask | 'paused' | 'gone'

const firstLookMs = 100
const longestLookMs = 1_000
const cancelWithinMs = 20_000

export function reindexEngine(parts: ReindexParts, options: ReindexOptions): ReindexEngine {
  const { source, target, throttler, meter, world } = parts
  const sizes = new BatchSizes(options.batchBytes)
  const nodeOf = chosenNode(target, options.node)
  /** Tasks whose end this process has seen: what they did is known, and they are never watched again. */
  const ended = new Set<string>()
  const refusedIn: { partition: string; example: string }[] = []
  let running = 0
  let hasRead = false

  const patiently = <T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    retried(world, { giveUpAfterMs: options.giveUpAfterMs }, act, error => meter.retried(error.message), signal)

  /** Each of the tasks under way may have an equal part of the limit; -1 where there is none. */
  const docsPerSecond = (task: IndexTask): number => {
    const limits = [throttler.docsPerSecond, throttler.bytesPerSecond / (estimatedBytes(task, 1) || 1)]
    const limit = Math.min(...limits.filter(one => one > 0))
    return limit < Infinity ? limit / Math.max(1, running) : -1
  }

  const batchDocs = (task: IndexTask): number => {
    const rate = docsPerSecond(task)
    // A task rests after each batch for as long as the batch should have taken: small ones keep it even.
    return rate > 0 ? Math.max(1, Math.min(sizes.of(task), Math.ceil(2 * rate))) : sizes.of(task)
  }

  const countOf = (task: IndexTask, partition: Partition, signal: AbortSignal): Promise<number> =>
    patiently(() => count(source, task.source, partitionQuery(task, partition.range), { shards: task.shards }, signal), signal)

  /** The task that moves this partition already, since before a crash or a lost answer. */
  const known = async (partition: Partition, signal: AbortSignal): Promise<string | undefined> => {
    const journaled = parts.tasks.taskOf(partition.id)
    if (journaled !== undefined && !ended.has(journaled)) return journaled
    const found = await patiently(() => runningReindexes(target, signal), signal)
    return found.get(parts.marks.of(partition.id))
  }

  const submitted = async (task: IndexTask, partition: Partition, size: number, signal: AbortSignal): Promise<string> => {
    const { at } = await nodeOf(signal)
    const submission = {
      body: reindexBody(task, partition, size, parts.remote),
      docsPerSecond: docsPerSecond(task),
      opaqueId: parts.marks.of(partition.id),
      at,
    }
    // Never broken off half-way: a task that was started must be known, so that it can be cancelled.
    const id = await submitReindex(target, submission, new AbortController().signal).catch((thrown: unknown) => {
      nodeOf.forget()
      throw withoutReindex(thrown)
    })
    world.reached('task-submitted')
    return id
  }

  const cancelled = async (id: string, signal: AbortSignal): Promise<void> => {
    await patiently(() => endTask(target, id, signal), signal)
    ended.add(id)
  }

  const journaled = async (partition: Partition, id: string): Promise<void> => {
    try {
      parts.tasks.remember(partition, id)
    } catch (thrown) {
      await cancelled(id, AbortSignal.timeout(cancelWithinMs)).catch(() => undefined)
      throw thrown
    }
    world.reached('task-journaled')
  }

  /** Watches a task to its end. Cancels it when the run stops, and when it is paused. */
  const watched = async (
    task: IndexTask,
    id: string,
    progress: (status: ReindexStatus) => void,
    signal: AbortSignal,
  ): Promise<Ending> => {
    let rate = docsPerSecond(task)
    try {
      for (let waitMs = firstLookMs; ; waitMs = Math.min(longestLookMs, 1.5 * waitMs)) {
        const found = await patiently(() => readTask(target, id, signal), signal)
        if (!found) return 'gone'
        if (found.task.status) progress(found.task.status)
        if (found.completed) return found
        if (throttler.paused) {
          await cancelled(id, signal)
          return 'paused'
        }
        if (rate !== docsPerSecond(task)) {
          rate = docsPerSecond(task)
          await patiently(() => rethrottle(target, id, rate, signal), signal)
        }
        await world.sleep(waitMs, signal)
      }
    } catch (thrown) {
      // What stopped the run must not go on writing behind its back; a cluster that does not answer cannot be asked to stop.
      if (signal.aborted) await cancelled(id, AbortSignal.timeout(cancelWithinMs)).catch(() => undefined)
      throw thrown
    }
  }

  const copy: Engine['copy'] = async (task, partition, attempt, signal) => {
    const startMs = world.now()
    let redone = 0
    const settled = (counts: Counts): Settled => {
      world.reached('partition-written')
      const { id, index, round } = { ...partition, index: task.source }
      return { partition: id, index, round, counts, attempts: attempt + redone, tookMs: world.now() - startMs }
    }
    for (;;) {
      const shown = shownTo(parts, task)
      const leave = await throttler.enter(0, 0, signal)
      running++
      try {
        let id = await known(partition, signal)
        const before = await countOf(task, partition, signal)
        const size = Math.max(1, Math.min(batchDocs(task), before))
        const attached = id !== undefined
        if (id === undefined) {
          if (before === 0) return settled(noCounts)
          id = await submitted(task, partition, size, signal)
          await journaled(partition, id)
        }
        const ending = await watched(task, id, shown.progress, signal)
        if (ending !== 'paused') ended.add(id)
        if (typeof ending === 'string') {
          shown.takeBack()
          if (ending === 'gone' && !attached) throw gone(partition, id)
          redone++
          continue
        }
        const after = await countOf(task, partition, signal)
        const place = { target: target.identity, host: parts.remote.host, hasRead }
        const judgement = judge(ending, task, partition, Math.min(before, after), place)
        hasRead ||= ending.response !== undefined
        if (attached && judgement.kind !== 'moved') {
          // What an earlier run's task died of may have been mended since.
          shown.takeBack()
          redone++
          continue
        }
        switch (judgement.kind) {
          case 'moved':
            throttler.observe('accepted')
            return settled({ ...judgement.counts, bytes: estimatedBytes(task, judgement.counts.read) })
          case 'batch-too-large':
            shown.takeBack()
            redone++
            if (sizes.halve(task, size)) continue
            refusedIn.push({ partition: partition.id, example: 'a document does not fit into its buffer' })
            break
          case 'refused':
            shown.takeBack()
            redone++
            refusedIn.push({ partition: partition.id, example: judgement.example })
            break
          case 'failed':
            if (judgement.error.code !== 'target-blocked') throw judgement.error
            // A full disk, or a block that somebody set, is waited for, however long it takes.
            shown.takeBack()
            throttler.observe('rejected', judgement.error.message)
            meter.retried(judgement.error.message)
            await world.sleep(backoffMs(redone++, world.random()), signal)
            continue
        }
      } catch (thrown) {
        shown.takeBack()
        throw thrown
      } finally {
        running--
        leave()
      }
      return await parts.stream.copy(task, partition, attempt + redone, signal)
    }
  }

  return {
    copy,
    notes: () => [...nodeOf.notes(), ...streamNotes(refusedIn)],
  }
}

/** What a task has done so far, told to the meter as it grows, and taken back where it does not count. */
function shownTo(
  { meter, throttler }: Pick<ReindexParts, 'meter' | 'throttler'>,
  task: IndexTask,
): { progress: (status: ReindexStatus) => void; takeBack: () => void } {
  let shown = noCounts
  let retries = { bulk: 0, search: 0 }
  return {
    progress: status => {
      const written = status.created + status.updated
      const alreadyNewer = status.version_conflicts
      const read = written + alreadyNewer
      const bytes = estimatedBytes(task, read)
      const result = { written: written - shown.written, alreadyNewer: alreadyNewer - shown.alreadyNewer, rejected: [] }
      meter.read(task.source, read - shown.read, bytes - shown.bytes)
      meter.wrote(task.source, result)
      shown = { ...noCounts, read, written, alreadyNewer, bytes }
      if (status.retries.search > retries.search) meter.retried(`the target reads ${task.source} again`)
      if (status.retries.bulk > retries.bulk) {
        meter.retried(`the target writes ${task.target} again`)
        throttler.observe('rejected', 'the target has no room for more writes')
      }
      retries = status.retries
    },
    takeBack: () => {
      if (shown.read > 0) meter.redone(task.source, shown)
      shown = noCounts
    },
  }
}

/** The target does not tell what it moved in bytes; the plan's sample does. */
function estimatedBytes({ estimate }: IndexTask, docs: number): number {
  return estimate.docs > 0 ? Math.round((docs * estimate.bytes) / estimate.docs) : 0
}

function gone(partition: Partition, id: string): ShardferryError {
  return new ShardferryError(
    'unavailable',
    `The task ${id} that moved partition ${partition.id} is gone, and its node with it.`,
    {
      recovery: 'redo',
      hint: 'The partition is moved again.',
    },
  )
}

/** A target whose `_reindex` is not installed takes the name for an index. */
function withoutReindex(thrown: unknown): ShardferryError {
  const error = asShardferryError(thrown)
  if (error.status !== 404 && error.status !== 405 && !/no handler found/i.test(error.message)) return error
  return new ShardferryError('unsupported', `The target has no _reindex: ${error.message}`, {
    cause: error,
    hint: 'Copy with the engine stream, which needs nothing of the target but _bulk: --engine stream under another --name.',
  })
}

function streamNotes(refusedIn: readonly { partition: string; example: string }[]): string[] {
  const [first] = refusedIn
  if (!first) return []
  const partitions = new Set(refusedIn.map(({ partition }) => partition)).size
  return [
    `${partitions === 1 ? '1 partition was' : `${partitions} partitions were`} moved by the engine stream, as a _reindex ends at the first document that the target refuses. The first: ${first.partition}: ${first.example}`,
  ]
}
