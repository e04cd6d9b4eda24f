import type { MigrationState } from '../journal/fold.ts'
import { ShardferryError } from '../model/errors.ts'

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
