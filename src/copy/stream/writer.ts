/**
 * Invariant: `write` returns only when each document of the batch is written, already newer, or rejected by the target
 * for a reason of its own. Sending a document again is harmless: its external version stays the same.
 */
import { bulk } from '../../cluster/bulk.ts'
import type { Connection } from '../../cluster/cluster.ts'
import { bulkBytes } from '../../cluster/frame-bulk.ts'
import { backoffMs } from '../../flow/backoff.ts'
import type { Doc } from '../../model/documents.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { IndexTask } from '../../model/plan.ts'
import type { Meter, Throttler, Writer, World } from '../../model/ports.ts'
import { sendToBacking } from './backing-writes.ts'
import { nothingSorted, sortItems } from './sort-items.ts'
import type { Sorted } from './sort-items.ts'

export interface StreamWriterOptions {
  /** How long the same documents are sent again, none of them being taken, before the run stops. A blocked target is waited for. */
  readonly giveUpAfterMs: number
  /**
   * Whether what is read is newer than all that the target holds, whatever the versions say: a document that was deleted
   * and made anew on the source begins at version 1 again. Such a document is written over the other.
   */
  readonly overwrites?: (task: IndexTask) => boolean
  /** Whether what is written goes over what stands in a backing index of a data stream, where no version tells which is newer. */
  readonly replaces: boolean
}

/** This many documents of one batch may be poison for their whole request; more means that the requests themselves are refused. */
const poisonLimit = 20

export function streamWriter(
  target: Connection,
  world: World,
  throttler: Throttler,
  meter: Meter,
  options: StreamWriterOptions,
): Writer {
  let capBytes = Infinity
  /** Indices that have taken a document. */
  const writable = new Set<string>()
  /** Indices that have turned out to belong to a data stream. */
  const backing = new Set<string>()

  /** Sends documents, in halves where the target takes no request of that size (413) or one of them spoils it (400). */
  const send = async (index: string, docs: readonly Doc[], into: Sorted, signal: AbortSignal): Promise<void> => {
    if (capBytes < Infinity && docs.length > 1 && bulkBytes(docs) > capBytes) return inHalves(index, docs, into, signal)
    try {
      if (!backing.has(index)) sortItems(docs, await bulk(target, index, docs, signal), index, into)
      const left = backing.has(index) ? docs : into.backing.splice(0)
      if (left.length > 0) {
        backing.add(index)
        await sendToBacking(target, index, left, options.replaces, into, signal)
      }
      if (into.written > 0) writable.add(index)
    } catch (thrown) {
      if (!(thrown instanceof ShardferryError)) throw thrown
      if (thrown.code === 'forbidden' && writable.has(index)) throw forAWhile(thrown)
      const tooLarge = thrown.code === 'payload-too-large'
      const poison = thrown.code === 'request-refused' && thrown.status === 400
      if (!tooLarge && !poison) throw thrown
      if (docs.length > 1) {
        if (tooLarge) capBytes = Math.min(capBytes, bulkBytes(docs) / 2)
        return inHalves(index, docs, into, signal)
      }
      into.rejected.push({
        doc: docs[0]!,
        status: thrown.status ?? 0,
        type: thrown.serverType || thrown.code,
        reason: thrown.message,
      })
      if (poison && into.rejected.filter(rejected => rejected.reason.includes('(400)')).length > poisonLimit) throw thrown
    }
  }

  const inHalves = async (index: string, docs: readonly Doc[], into: Sorted, signal: AbortSignal): Promise<void> => {
    const middle = Math.ceil(docs.length / 2)
    await send(index, docs.slice(0, middle), into, signal)
    await send(index, docs.slice(middle), into, signal)
  }

  return {
    write: async (task, batch, signal) => {
      const done = nothingSorted()
      const overwrites = options.overwrites?.(task) === true
      let pending = batch.docs
      let alreadyNewer = 0
      let failingSinceMs: number | undefined
      for (let attempt = 0; pending.length > 0; attempt++) {
        const leave = await throttler.enter(pending.length, bulkBytes(pending), signal)
        const turn = nothingSorted()
        let failure: ShardferryError | undefined
        try {
          await send(task.target, pending, turn, signal)
        } catch (thrown) {
          if (!(thrown instanceof ShardferryError) || thrown.recovery !== 'retry') throw thrown
          failure = thrown
        } finally {
          leave()
        }
        if (!failure) {
          done.written += turn.written
          done.rejected.push(...turn.rejected)
          const over = overwrites ? turn.newer.filter(({ op }) => op === undefined) : []
          alreadyNewer += turn.newer.length - over.length
          if (turn.again.length === 0) throttler.observe('accepted')
          if (turn.again.length < pending.length) failingSinceMs = undefined
          pending = [...turn.again, ...over.map(overwriting)]
          if (turn.again.length === 0) continue
        }
        // After a failure of the whole request nothing of this turn counts: the same documents go again, with the same versions.
        const blocked = failure ? failure.code === 'target-blocked' : turn.blocked
        const reason = failure ? failure.message : turn.reason
        throttler.observe('rejected', blocked ? `target blocks writes: ${reason}` : reason)
        meter.retried(reason)
        failingSinceMs = blocked ? undefined : (failingSinceMs ?? world.now())
        if (failingSinceMs !== undefined && world.now() - failingSinceMs > options.giveUpAfterMs)
          throw spent(task.target, failure, reason)
        await world.sleep(backoffMs(attempt, world.random()), signal)
      }
      return { written: done.written, alreadyNewer, rejected: done.rejected }
    },
  }
}

function overwriting({ id, routing, version, source }: Doc): Doc {
  return { id, routing, version, source, op: 'overwrite' }
}

/** What was allowed before may well be again: a node that starts does not know its users and roles yet. */
function forAWhile({ code, message, hint = '', status = 403, serverType = '' }: ShardferryError): ShardferryError {
  return new ShardferryError(code, message, { hint, status, serverType, recovery: 'retry' })
}

function spent(index: string, failure: ShardferryError | undefined, reason: string): ShardferryError {
  return new ShardferryError(failure?.code ?? 'overloaded', `Writing to ${index} fails again and again: ${reason}`, {
    cause: failure,
    hint:
      failure?.hint ??
      'Lower --width, or wait until the target has less to do, and run the same command again: it goes on where it stopped.',
  })
}
