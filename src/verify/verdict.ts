import type { IndexComparison, VerifyVerdict } from '../model/verification.ts'
import type { ComparedIndex } from './compared-index.ts'

type Counted = Pick<
  IndexComparison,
  'level' | 'onSource' | 'onTarget' | 'missing' | 'stale' | 'extra' | 'setAside' | 'cut' | 'definition'
>

/** How an index stands. Documents set aside are told apart; what an index had of its own before makes no difference. */
export function verdictOf(index: Pick<ComparedIndex, 'mayHoldOthers'>, counted: Counted): VerifyVerdict {
  if (counted.cut || counted.definition.some(({ severe }) => severe)) return 'differs'
  const extra = index.mayHoldOthers ? 0 : counted.extra
  const unexplained = counted.missing + counted.stale + extra - counted.setAside
  if (unexplained > 0) return 'differs'
  return counted.setAside > 0 ? 'set-aside' : 'equal'
}

/** The worst of all. */
export function worst(verdicts: readonly VerifyVerdict[]): VerifyVerdict {
  if (verdicts.includes('differs')) return 'differs'
  return verdicts.includes('set-aside') ? 'set-aside' : 'equal'
}
