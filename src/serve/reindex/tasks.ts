/** Requests as tasks, in the servers' form. */
import type { ReindexState } from '../../journal/fold.ts'
import type { JsonObject } from '../../model/plan.ts'
import { storedError, storedResponse } from './answers.ts'
import { describe } from './describe.ts'
import type { ReindexJob } from './job.ts'
import type { AnsweredJob } from './jobs.ts'

export const action = 'indices:data/write/reindex'

/** @param detailed with `status` and `description` */
export function runningTask(node: string, job: ReindexJob, detailed: boolean): JsonObject {
  return {
    ...head(node, job.number),
    ...(detailed ? { status: job.status, description: describe(job.reindex) } : {}),
    ...tail(job.state, job.cancelled),
  }
}

/** `GET _tasks/ID` of a request that was answered. */
export function storedTask(node: string, { number, reindex, state }: AnsweredJob): JsonObject {
  const { response, error } = state.answered!
  const { took: _took, timed_out: _timedOut, failures: _failures, ...status } = response ?? {}
  const task = {
    ...head(node, number),
    ...(response === undefined ? {} : { status }),
    description: describe(reindex),
    ...tail(state, response?.['canceled'] !== undefined),
  }
  return {
    completed: true,
    task,
    ...(response === undefined ? {} : { response: storedResponse(response) }),
    ...(error === undefined ? {} : { error: storedError(error) }),
  }
}

/** As Elasticsearch 9.5 tells of it at `_reindex/ID`. */
export function reindexInfo(id: string, stored: JsonObject): JsonObject {
  const { completed, task, response, error } = stored as { completed: boolean; task: JsonObject } & JsonObject
  const { status, description, start_time_in_millis, running_time_in_nanos, cancelled } = task
  return {
    completed,
    id,
    ...(description === undefined ? {} : { description }),
    start_time_in_millis,
    running_time_in_nanos,
    cancelled,
    ...(status === undefined ? {} : { status }),
    ...(response === undefined ? {} : { response }),
    ...(error === undefined ? {} : { error }),
  } as JsonObject
}

function head(node: string, id: number): JsonObject {
  return { node, id, type: 'transport', action }
}

function tail({ asked, askedAtMs, answeredAtMs = Date.now() }: ReindexState, cancelled: boolean): JsonObject {
  return {
    start_time_in_millis: askedAtMs,
    running_time_in_nanos: Math.max(0, answeredAtMs - askedAtMs) * 1_000_000,
    cancellable: true,
    cancelled,
    headers: asked.headers,
  }
}
