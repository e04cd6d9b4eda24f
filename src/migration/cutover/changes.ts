import type { CutoverState } from '../../journal/fold.ts'
import { ShardferryError } from '../../model/errors.ts'
import type { CutoverConditions, RollbackConditions } from '../../model/entries.ts'
import type { PausedBy } from '../../model/ports.ts'
import type { Lag } from '../../model/progress.ts'
import type { Report } from '../../model/report.ts'
import { withAliasesNow } from '../follow-definitions.ts'
import { attachSteps } from '../data-streams.ts'
import { addLags } from '../lag.ts'
import type { Migration } from '../migration.ts'
import { requireExact } from './cut-over.ts'
import type { Change } from './cut-over.ts'
import { gate, lagBelow } from './gate.ts'
import type { Condition } from './gate.ts'
import { unblockedCondition } from './unblocked.ts'
import { together } from './together.ts'

/** From the source to the target. */
export function cutoverChange(m: Migration, back: Migration | undefined, conditions: CutoverConditions): Change {
  const { memory } = m
  const tasks = m.tasks.map(task => withAliasesNow(task, memory.state))
  return {
    from: { ...m, tasks },
    to: back,
    memory,
    entries: {
      begun: { type: 'cutover-begun' },
      undone: reason => ({ type: 'cutover-undone', reason }),
      done: facts => ({ type: 'cut-over', facts, wayBack: back !== undefined }),
    },
    switchStep: switchStep(m, conditions.takeAliases),
    switchBy: 'apply',
    maxBlockMs: conditions.maxBlockMs,
    acceptDifferences: false,
    require: async signal => {
      const backTo = back && m.source
      const parts = { tasks, state: memory.state, target: m.target, backTo, lag: lagOf(m), greenWithin: '30s' } as const
      requireAll([...(await gate(parts, conditions, signal)), notPaused(m)])
    },
    requireAccount: report => requireExact(report, ({ verdict }) => verdict === 'set-aside' && conditions.acceptSetAside),
  }
}

/** From the target back to the source. */
export function rollbackChange(m: Migration, back: Migration, conditions: RollbackConditions): Change {
  const accepts = ({ verdict }: Report): boolean => verdict !== 'exact' && conditions.acceptDifferences
  return {
    from: back,
    to: m,
    memory: m.memory,
    entries: {
      begun: { type: 'rollback-begun' },
      undone: reason => ({ type: 'rollback-undone', reason }),
      done: facts => ({ type: 'rolled-back', facts }),
    },
    // Where it has to be made again, other indices hold again what the cutover took from them.
    switchStep: switchStep(m, true),
    switchBy: 'undo',
    maxBlockMs: conditions.maxBlockMs,
    acceptDifferences: conditions.acceptDifferences,
    require: async signal =>
      requireAll([
        lagBelow(lagOf(back), conditions.maxLagMs),
        notPaused(m),
        await unblockedCondition(back.source, back.tasks, signal),
      ]),
    requireAccount: report => requireExact(report, accepts),
  }
}

/** Data streams get their backing indices, and then the aliases go over. */
function switchStep(m: Migration, takeAliases: boolean): Change['switchStep'] {
  const tasks = m.tasks.map(task => withAliasesNow(task, m.memory.state))
  return together(attachSteps(m), m.steps.switchAliases(tasks, takeAliases))
}

/** What was begun and not ended by an earlier run. */
export function changeBegun(m: Migration, back: Migration | undefined, stands: CutoverState): Change | undefined {
  if (stands.phase === 'begun') return cutoverChange(m, back, stands.conditions)
  if (stands.phase === 'rollback-begun' && back) return rollbackChange(m, back, stands.conditions)
  return undefined
}

function lagOf(m: Migration): Lag | null {
  return addLags(m.tally.snapshot(m.memory.state).indices.map(({ lag }) => lag))
}

/** A run that rests would leave the side that it has blocked without writes. */
function notPaused({ throttler }: Migration): Condition {
  const { pausedBy, reason } = throttler
  return pausedBy
    ? { what: 'the run', holds: false, seen: `it rests: ${reason}`, remedy: `Let it go on first: ${goOnBy[pausedBy]}` }
    : { what: 'the run', holds: true, seen: 'it follows' }
}

const goOnBy: Readonly<Record<PausedBy, string>> = {
  asked: 'shardferry resume',
  file: 'remove that file',
  window: 'shardferry throttle --window always',
}

function requireAll(conditions: readonly Condition[]): void {
  const failed = conditions.filter(({ holds }) => !holds)
  if (failed.length === 0) return
  throw new ShardferryError(
    'cutover-refused',
    failed.map(({ what, seen, remedy }) => `${what}: ${seen}. ${remedy ?? ''}`.trim()).join('\n'),
  )
}
