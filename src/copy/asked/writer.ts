/**
 * Writes as a `_reindex` request asks. Invariants: batches of one partition are written one after the other, and none
 * after a failure that ends the request; and a conflict with what this very request has written is none. The latter
 * matters where a partition is written again: after a crash, or after an answer that got lost.
 */
import { bulkAs } from '../../cluster/bulk-as.ts'
import type { BulkOutcome } from '../../cluster/bulk-as.ts'
import type { Connection } from '../../cluster/cluster.ts'
import { backoffMs } from '../../flow/backoff.ts'
import type { Doc, Reindexed } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask, JsonObject, WriteAs } from '../../model/plan.ts'
import type { Throttler, World, Writer } from '../../model/ports.ts'
import { writtenBefore } from './written-before.ts'

export interface AskedWriterParts {
  readonly target: Connection
  readonly throttler: Throttler
  readonly world: World
  readonly giveUpAfterMs: number
}

export interface AskedWriter extends Writer {
  /** What was written so far, also by an attempt that fails. */
  readonly counts: Reindexed
}

/** One entry of `failures` in the answer to a `_reindex`. */
export type Failure = JsonObject & { readonly status: number }

/** The request ends here, as a server would end it. */
export class AskedFailure extends ShardferryError {
  readonly failures: readonly Failure[]
  constructor(failures: readonly Failure[]) {
    const [first] = failures
    super('request-refused', `The target refused ${failures.length} documents, the first: ${JSON.stringify(first?.['cause'])}.`, {
      status: Math.max(...failures.map(({ status }) => status)),
      hint: 'A _reindex ends there. What was written before stays.',
    })
    this.failures = failures
  }
}

/** @param again the partition may have been written before, in whole or in part */
export function askedWriter(parts: AskedWriterParts, as: WriteAs, again: boolean): AskedWriter {
  const counts = { created: 0, updated: 0, versionConflicts: 0, batches: 0, bulkRetries: 0 }
  let turn: Promise<unknown> = Promise.resolve()
  let failed: unknown

  const writeNow = async (task: IndexTask, docs: readonly Doc[], signal: AbortSignal): Promise<number> => {
    const before = counts.versionConflicts
    const failures: Failure[] = []
    const found = await outcomes(parts, task.target, docs, as, again, signal)
    counts.bulkRetries += found.retries
    for (const { outcome, ours } of found.outcomes) {
      if (ours || outcome.status < 300) {
        if (outcome.status === 200) counts.updated++
        else counts.created++
        continue
      }
      if (isConflict(outcome)) {
        counts.versionConflicts++
        if (as.conflicts === 'proceed') continue
      }
      failures.push(failureOf(outcome))
    }
    counts.batches++
    if (failures.length > 0) throw new AskedFailure(failures)
    return counts.versionConflicts - before
  }

  return {
    counts,
    write: async (task, batch, signal) => {
      const mine = turn.then(async () => {
        if (failed !== undefined) throw failed
        return writeNow(task, batch.docs, signal)
      })
      turn = mine.catch((thrown: unknown) => (failed ??= thrown))
      const alreadyNewer = await mine
      return { written: batch.docs.length - alreadyNewer, alreadyNewer, rejected: [] }
    },
  }
}

interface Found {
  readonly outcomes: readonly { readonly outcome: BulkOutcome; readonly ours: boolean }[]
  readonly retries: number
}

/** Sends what the target has no room for again, and what got no answer. */
async function outcomes(
  { target, throttler, world, giveUpAfterMs }: AskedWriterParts,
  index: string,
  docs: readonly Doc[],
  as: WriteAs,
  again: boolean,
  signal: AbortSignal,
): Promise<Found> {
  const known = new Map<Doc, BulkOutcome>()
  let pending = docs
  let maybeWritten = again
  let failingSinceMs: number | undefined
  let retries = 0
  const ours = new Set<Doc>()
  while (pending.length > 0) {
    const leave = await throttler.enter(pending.length, weigh(pending), signal)
    let failure: ShardferryError | undefined
    try {
      const answered = await inSizes(target, index, pending, as, signal)
      for (const [i, doc] of pending.entries()) known.set(doc, answered[i]!)
    } catch (thrown) {
      if (!(thrown instanceof ShardferryError) || thrown.recovery !== 'retry') throw thrown
      failure = thrown
    } finally {
      leave()
    }
    if (!failure && maybeWritten) {
      const conflicts = pending.filter(doc => isConflict(known.get(doc)!))
      for (const doc of await writtenBefore(target, index, conflicts, as, signal)) ours.add(doc)
    }
    const left = failure ? pending : pending.filter(doc => mayPass(known.get(doc)!))
    if (left.length === 0) {
      throttler.observe('accepted')
      break
    }
    throttler.observe('rejected', failure?.message ?? 'the target has no room for more writes')
    maybeWritten ||= failure !== undefined
    failingSinceMs ??= world.now()
    if (left.length < pending.length) failingSinceMs = world.now()
    if (world.now() - failingSinceMs > giveUpAfterMs) {
      if (failure) throw failure
      break
    }
    pending = left
    await world.sleep(backoffMs(retries++, world.random()), signal)
  }
  return { outcomes: docs.map(doc => ({ outcome: known.get(doc)!, ours: ours.has(doc) })), retries }
}

/** In halves, where the target takes no request of that size. */
async function inSizes(
  target: Connection,
  index: string,
  docs: readonly Doc[],
  as: WriteAs,
  signal: AbortSignal,
): Promise<readonly BulkOutcome[]> {
  try {
    return await bulkAs(target, index, docs, as, signal)
  } catch (thrown) {
    if (!(thrown instanceof ShardferryError) || thrown.code !== 'payload-too-large' || docs.length === 1) throw thrown
    const middle = Math.ceil(docs.length / 2)
    const first = await inSizes(target, index, docs.slice(0, middle), as, signal)
    return [...first, ...(await inSizes(target, index, docs.slice(middle), as, signal))]
  }
}

function isConflict({ status }: BulkOutcome): boolean {
  return status === 409
}

function mayPass({ status }: BulkOutcome): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504
}

function failureOf({ _index, _type, _id, status, error = {} }: BulkOutcome): Failure {
  return { index: _index, ...(_type === undefined ? {} : { type: _type }), id: _id, cause: error, status }
}

function weigh(docs: readonly Doc[]): number {
  return docs.reduce((sum, { source, id }) => sum + source.length + id.length + 80, 0)
}
