import { backoffMs } from '../../flow/backoff.ts'
import type { Settled } from '../../model/documents.ts'
import { asShardferryError, ShardferryError } from '../../model/errors.ts'
import type { Dispatcher, Throttler, Work, World } from '../../model/ports.ts'

export interface InProcessOptions {
  /** Partitions moved at once. */
  readonly readers: number
  /** How long one partition may fail, again and again, before the run stops; counted from its first failure. */
  readonly giveUpAfterMs: number
}

type Move = (work: Work, attempt: number, signal: AbortSignal) => Promise<Settled>
/** `run`: whose turn it is; a run leaves the running ones only when its turn is taken, so none is overlooked. */
type Turn =
  | { readonly kind: 'work'; readonly next: IteratorResult<Work> }
  | { readonly kind: 'settled'; readonly run: Promise<Turn>; readonly settled: Settled }
  | { readonly kind: 'failed'; readonly run: Promise<Turn> | undefined; readonly thrown: unknown }

/** A partition that takes long to fail (a pause that outlasts its scroll) gets so many attempts, however long they last. */
const fewestAttempts = 5

/**
 * Runs partitions in this process, some at once. A partition that fails for a reason that may pass is moved again from
 * its start. When one fails for good, the others are stopped, and the error is thrown once all have ended.
 */
export function inProcessDispatcher(move: Move, world: World, throttler: Throttler, options: InProcessOptions): Dispatcher {
  return {
    async *run(work, outer) {
      const stop = new AbortController()
      const signal = AbortSignal.any([outer, stop.signal])
      const running = new Set<Promise<Turn>>()
      const more = work(signal)[Symbol.asyncIterator]()
      let next: Promise<Turn> | undefined
      let exhausted = false
      let failed: { readonly thrown: unknown } | undefined
      const pull = (): Promise<Turn> =>
        more.next().then(
          result => ({ kind: 'work', next: result }),
          (thrown: unknown) => ({ kind: 'failed', run: undefined, thrown }),
        )
      try {
        for (;;) {
          if (!exhausted && !failed && running.size < options.readers) next ??= pull()
          const turns = next ? [next, ...running] : [...running]
          if (turns.length === 0) break
          const turn = await Promise.race(turns)
          switch (turn.kind) {
            case 'work': {
              next = undefined
              if (turn.next.done) exhausted = true
              else if (!failed) {
                const run: Promise<Turn> = movedAtLast(turn.next.value, move, world, throttler, options, signal).then(
                  settled => ({ kind: 'settled', run, settled }),
                  (thrown: unknown) => ({ kind: 'failed', run, thrown }),
                )
                running.add(run)
              }
              break
            }
            case 'settled':
              running.delete(turn.run)
              yield turn.settled
              break
            case 'failed':
              if (turn.run) running.delete(turn.run)
              else next = undefined
              failed ??= turn
              exhausted = true
              stop.abort(new ShardferryError('stopped', 'Another partition failed.'))
              break
          }
        }
      } finally {
        stop.abort(new ShardferryError('stopped', 'The run ended.'))
        await Promise.all([next, ...running])
        await more.return?.()
      }
      if (failed) throw failed.thrown
      outer.throwIfAborted()
    },
  }
}

async function movedAtLast(
  work: Work,
  move: Move,
  world: World,
  throttler: Throttler,
  options: InProcessOptions,
  signal: AbortSignal,
): Promise<Settled> {
  let failingSinceMs: number | undefined
  for (let attempt = 1; ; attempt++) {
    try {
      return await move(work, attempt, signal)
    } catch (thrown) {
      const error = asShardferryError(thrown)
      if (signal.aborted || error.recovery === 'fatal') throw error
      failingSinceMs ??= world.now()
      if (attempt >= fewestAttempts && world.now() - failingSinceMs > options.giveUpAfterMs) {
        throw new ShardferryError(
          'retries-spent',
          `Partition ${work.partition.id} failed ${attempt} times. Last: ${error.message}`,
          {
            cause: error,
            hint:
              error.hint ?? 'Look at the health of both clusters, then run the same command again: it goes on where it stopped.',
          },
        )
      }
      if (error.recovery === 'retry') throttler.observe('rejected', error.message)
      // A page that was too large, or a lost scroll, needs no rest; a cluster that does not answer does.
      await world.sleep(error.recovery === 'redo' && attempt < 3 ? 50 : backoffMs(attempt, world.random()), signal)
    }
  }
}
