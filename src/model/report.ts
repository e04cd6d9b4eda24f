import type { Counts } from './documents.ts'

/** The account of a whole run, as shown at its end and kept as JSON. */
export interface Report {
  readonly name: string
  readonly verdict: Verdict
  readonly source: string
  readonly target: string
  readonly startedAt: string
  readonly tookMs: number
  readonly total: Counts
  readonly balanced: boolean
  readonly indices: readonly IndexReport[]
  /** Documents read more than once because a partition was redone. */
  readonly partitions: number
  readonly partitionsRedone: number
  readonly notes: readonly string[]
}

/**
 * exact: balanced, nothing set aside, counts equal, nothing newer on the source. set-aside: as exact, but for documents set aside.
 * differs: counts differ, the source went on changing, deletes were seen and not carried over, or it is not certain that they are the same.
 */
export type Verdict = 'exact' | 'set-aside' | 'differs'

/**
 * none: it is known that nothing was deleted. carried: what was deleted is deleted on the target, and nothing was deleted since.
 * pending: more was deleted since, or it could not be carried over yet. off: deletes were not looked for, and there were some.
 * unseen: the source does not tell whether there were any, and they were not looked for.
 */
export type DeletedState = 'none' | 'carried' | 'pending' | 'off' | 'unseen'

export interface Deleted {
  readonly state: DeletedState
  readonly by: 'manifest' | 'sweep' | 'off'
  /** Documents that were copied, were deleted on the source, and are on the target no longer. */
  readonly carried: number
  /** Documents that the source has deleted and the target keeps, because they are not those that were copied. */
  readonly kept: number
}

/** Whether nothing that the source deleted can be left on the target; where it does not tell, the counts of documents must. */
export function isAccounted({ state }: Deleted): boolean {
  return state !== 'pending' && state !== 'off'
}

export interface IndexReport {
  readonly index: string
  readonly target: string
  readonly counts: Counts
  readonly balanced: boolean
  readonly rounds: number
  /** Live documents on each side after a refresh, or null where they could not be counted. */
  readonly sourceCount: number | null
  readonly targetCount: number | null
  /** What an index that was on the target before held then; null for one that was made, or was not counted. */
  readonly targetCountBefore: number | null
  /** Documents that the target alone has since a change of direction, because the source refused them before; missing for none. */
  readonly refusedBefore?: number
  /** Operations on the source that came after the last round; 0 when caught up. */
  readonly behind: number
  /** Deletes that the source has executed since the copy began, as far as its primaries count them: each begins anew when it moves. */
  readonly deletes: number
  /** What became of the documents that they took away. */
  readonly deleted: Deleted
  /** What leaves it uncertain that both sides hold the same documents, although the counts may agree; each is a sentence. */
  readonly doubts: readonly string[]
}
