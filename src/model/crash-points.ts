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
  'manifest-kept',
  'partition-written',
  'partition-settled',
  'round-closed',
  'step-undone',
  'tuning-restored',
  'account-taken',
] as const

export type CrashPoint = (typeof crashPoints)[number]

/** The same for what only the engine `reindex` passes. */
export const reindexCrashPoints = ['task-submitted', 'task-journaled'] as const

/** The same for what only a copy passes whose source has deleted documents meanwhile. */
export const deletesCrashPoints = ['deletes-found', 'deletes-written', 'deletes-journaled'] as const

/** The same for a cutover; `step-…` are passed by its steps too. */
export const cutoverCrashPoints = ['cutover-begun', 'cutover-drained', 'cut-over', 'cutover-undone'] as const

/** The same for `shardferry verify`. */
export const verifyCrashPoints = ['partition-compared', 'index-compared', 'batch-repaired'] as const

export type AnyCrashPoint =
  | CrashPoint
  | (typeof reindexCrashPoints)[number]
  | (typeof cutoverCrashPoints)[number]
  | (typeof deletesCrashPoints)[number]
  | (typeof verifyCrashPoints)[number]
