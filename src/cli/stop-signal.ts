import { stoppedBy } from '../model/errors.ts'

/**
 * A signal that Ctrl-C and SIGTERM abort: what is under way ends cleanly. A second Ctrl-C ends the process at once,
 * which loses nothing either: the journal is durable.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
      stop.abort(stoppedBy(name === 'SIGINT' ? 'Ctrl-C' : 'SIGTERM'))
    })
  }
  return stop.signal
}
