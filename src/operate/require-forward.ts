import type { MigrationState } from '../journal/fold.ts'
import { ShardferryError } from '../model/errors.ts'

/** What was set aside before applications moved may be older than what they have written since, although they are back. */
export function requireNeverMoved(state: Pick<MigrationState, 'switches' | 'plan'>, what: string): void {
  if (state.switches === 0) return
  throw new ShardferryError(
    'state-other',
    `Applications have moved in migration ${state.plan?.name ?? ''} since documents were set aside: ${what} could write over newer ones.`,
    {
      hint: 'On the source they are as they should be: bring them over with shardferry verify --repair, after a rollback.',
    },
  )
}

/** What writes documents of the source to the target must not once applications use the target: theirs are the newer ones. */
export function requireNotCutOver(state: Pick<MigrationState, 'cutover' | 'plan'> | undefined, what: string): void {
  if (state?.cutover.phase === undefined || ['none', 'asked'].includes(state.cutover.phase)) return
  throw new ShardferryError(
    'state-other',
    `Migration ${state.plan?.name ?? ''} is cut over: ${what} would write over what applications have written to the target.`,
    {
      hint: 'See how it stands with: shardferry status. Go back first with: shardferry rollback',
    },
  )
}
