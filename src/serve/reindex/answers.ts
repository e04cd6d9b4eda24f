/** Bodies in the servers' form. */
import type { Words } from '../../cluster/words.ts'
import type { Failure } from '../../copy/asked/writer.ts'
import type { ReindexProgress } from '../../migration/run-reindex.ts'
import type { JsonObject } from '../../model/plan.ts'

export const canceled = 'by user request'

/** `status` of a task, and the middle of an answer. @param docsPerSecond 0: no limit */
export function statusBody(progress: ReindexProgress, docsPerSecond: number, isCanceled: boolean): JsonObject {
  return {
    total: progress.total,
    updated: progress.updated,
    created: progress.created,
    deleted: 0,
    batches: progress.batches,
    version_conflicts: progress.versionConflicts,
    noops: 0,
    retries: { bulk: progress.bulkRetries, search: 0 },
    throttled_millis: 0,
    requests_per_second: docsPerSecond === 0 || isCanceled ? -1 : docsPerSecond,
    ...(isCanceled ? { canceled } : {}),
    throttled_until_millis: 0,
  }
}

export function responseBody(status: JsonObject, tookMs: number, failures: readonly Failure[]): JsonObject {
  return { took: Math.round(tookMs), timed_out: false, ...status, failures }
}

/** As the result of a task is stored. */
export function storedResponse({ throttled_millis, throttled_until_millis, ...response }: JsonObject): JsonObject {
  return { ...response, throttled: '0s', throttled_millis, throttled_until: '0s', throttled_until_millis } as JsonObject
}

export function errorBody({ status, error }: Words): JsonObject {
  return { error, status }
}

/** An error as the result of a task has it. */
export function storedError({ root_cause: _root, ...error }: JsonObject): JsonObject {
  return error
}
