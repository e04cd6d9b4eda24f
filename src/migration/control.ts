import { asShardferryError, ShardferryError } from '../model/errors.ts'
import type { Ask } from '../model/entries.ts'
import type { Migration } from './migration.ts'

/** How often a run looks for what other terminals ask of it. */
const lookEveryMs = 400

export interface ObeyedAsks extends Disposable {
  /** Aborted when the run is cancelled, or when the journal cannot be read any more. */
  readonly cancelled: AbortSignal
}

/** Follows the journal for pause, resume, throttle and cancel, until disposed. A width asked for in an earlier run still holds. */
export function obeyAsks(m: Pick<Migration, 'memory' | 'throttler'>): ObeyedAsks {
  const cancel = new AbortController()
  const obey = (ask: Ask): void => {
    m.throttler.obey(ask)
    if (ask.what !== 'cancel') return
    cancel.abort(
      new ShardferryError('stopped', 'Cancelled from another terminal; tuned settings of the target were restored.', {
        hint: 'To go on after all, run the same command again.',
      }),
    )
  }
  const { throttle } = m.memory.state
  if (Object.keys(throttle).length > 0) obey({ what: 'throttle', ...throttle })
  const timer = setInterval(() => {
    try {
      for (const ask of m.memory.takeAsks()) obey(ask)
    } catch (thrown) {
      cancel.abort(asShardferryError(thrown))
    }
  }, lookEveryMs)
  return { cancelled: cancel.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
