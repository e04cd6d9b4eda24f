/**
 * Places where a kill -9 is survived, in the order a run passes them. The fault tests kill the process at each of them
 * (`SHARDFERRY_CRASH_AT=name` or `name:n` for the n-th time) and expect the next run to end exact.
 */
export const crashPoints = [
  'plan-journaled',
  'step-captured',
  'step-applied',
  'step-journaled',
  'round-opened',
  'page-read',
  'batch-written',
  'partition-written',
  'partition-settled',
  'round-closed',
  'tuning-restored',
  'account-taken',
] as const

/** Further places, which only the engine `reindex` passes. */
export const reindexCrashPoints = ['task-submitted', 'task-journaled'] as const

export type CrashPoint = (typeof crashPoints)[number] | (typeof reindexCrashPoints)[number]
