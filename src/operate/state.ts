import type { MigrationState } from '../journal/fold.ts'
import type { Progress } from '../model/progress.ts'

/** Where a migration stands, in one word. `following`: it waits for a cutover. `interrupted`: its process is gone. */
export const states = [
  'planned',
  'running',
  'following',
  'paused',
  'cut-over',
  'done',
  'set-aside',
  'differs',
  'completed',
  'failed',
  'cancelled',
  'stopped',
  'interrupted',
] as const
export type State = (typeof states)[number]

/** From the journal, and from whether a process holds it and lets it rest. */
export function stateOf(state: MigrationState, held: boolean, progress: Progress | undefined): State {
  if (held && (state.paused !== undefined || progress?.paused === true)) return 'paused'
  if (state.cutover.phase === 'done' && state.outcome?.kind !== 'completed') return 'cut-over'
  if (held) return progress?.phase === 'following' ? 'following' : 'running'
  switch (state.outcome?.kind) {
    case 'finished':
      return state.report?.verdict === 'exact' ? 'done' : (state.report?.verdict ?? 'differs')
    case 'completed':
      return 'completed'
    case 'failed':
      return 'failed'
    case 'stopped':
      return state.cancelled ? 'cancelled' : 'stopped'
    case undefined:
      return state.startedAtMs === undefined ? 'planned' : 'interrupted'
  }
}
