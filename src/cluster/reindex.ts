import { ShardferryError } from '../model/errors.ts'
import type { JsonObject } from '../model/plan.ts'
import type { Cluster, Connection } from './cluster.ts'
import { json, jsonIfFound } from './json.ts'
import type { ServerReason } from './refusal.ts'

/** A `_reindex` task's counts so far (`BulkByScrollTask.Status` of both families). */
export interface ReindexStatus {
  readonly total: number
  readonly updated: number
  readonly created: number
  readonly deleted: number
  readonly version_conflicts: number
  readonly noops: number
  readonly retries: { readonly bulk: number; readonly search: number }
}

/** One entry of `failures`: of a document where it has an `id`, of the search on the source where it has none. */
export interface ReindexFailure {
  readonly id?: string
  readonly index?: string
  readonly status?: number
  /** Of a document. */
  readonly cause?: ServerReason
  /** Of a search. */
  readonly reason?: ServerReason
}

export interface ReindexTask {
  readonly completed: boolean
  readonly task: { readonly status?: ReindexStatus }
  /** Of a completed task that ran to an end: its own, a failure's, or a cancellation's. */
  readonly response?: ReindexStatus & {
    readonly timed_out: boolean
    readonly canceled?: string
    readonly failures: readonly ReindexFailure[]
  }
  /** Of a completed task that broke off, or never began to read. */
  readonly error?: ServerReason
}

const action = 'indices:data/write/reindex'

export interface Submission {
  readonly body: object
  /** Documents per second; -1 for no limit. */
  readonly docsPerSecond: number
  /** Comes back as a header of the task, in every list of tasks. */
  readonly opaqueId: string
  /** Address of the node that runs the task. */
  readonly at?: string | undefined
}

/** Starts a `_reindex` that goes on without us, and gives its task's id. Whether it may read from its source shows in the task only. */
export async function submitReindex(target: Connection, submission: Submission, signal: AbortSignal): Promise<string> {
  const { at } = submission
  const { task } = await json<{ task: string }>(target, {
    method: 'POST',
    path: '/_reindex',
    query: { wait_for_completion: false, requests_per_second: submission.docsPerSecond, scroll: '5m' },
    headers: { 'x-opaque-id': submission.opaqueId },
    body: submission.body,
    once: true,
    ...(at === undefined ? {} : { at }),
    signal,
  })
  return task
}

/** A task that runs, or whose result was stored; undefined where its node is gone, or restarted before the task ended. */
export async function readTask(target: Connection, task: string, signal: AbortSignal): Promise<ReindexTask | undefined> {
  return jsonIfFound<ReindexTask>(target, { method: 'GET', path: taskPath(task), signal })
}

function taskPath(task: string): string {
  return `/_tasks/${encodeURIComponent(task)}`
}

/** Running `_reindex` tasks by the opaque id they were submitted with. */
export async function runningReindexes(target: Connection, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  interface Listed {
    readonly headers?: Readonly<Record<string, string>>
    readonly parent_task_id?: string
  }
  const { nodes = {} } = await json<{ nodes?: Record<string, { tasks: Record<string, Listed> }> }>(target, {
    method: 'GET',
    path: '/_tasks',
    query: { actions: action },
    signal,
  })
  const running = new Map<string, string>()
  for (const { tasks } of Object.values(nodes))
    for (const [id, { headers, parent_task_id: parent }] of Object.entries(tasks)) {
      const opaqueId = headers?.['X-Opaque-Id']
      if (opaqueId !== undefined && parent === undefined) running.set(opaqueId, id)
    }
  return running
}

/** Lets a task end before its next batch, and waits until it has. One that has ended already is none to cancel, and no error. */
export async function endTask(target: Connection, task: string, signal: AbortSignal): Promise<void> {
  await jsonIfFound(target, { method: 'POST', path: `${taskPath(task)}/_cancel`, signal })
  await jsonIfFound(target, { method: 'GET', path: taskPath(task), query: { wait_for_completion: true, timeout: '60s' }, signal })
}

/** Changes how fast a running task may go; what a task that has ended makes of it is no error. */
export async function rethrottle(target: Connection, task: string, docsPerSecond: number, signal: AbortSignal): Promise<void> {
  await jsonIfFound(target, {
    method: 'POST',
    path: `/_reindex/${encodeURIComponent(task)}/_rethrottle`,
    query: { requests_per_second: docsPerSecond },
    signal,
  })
}

/** The HTTP address that the elected master publishes; undefined where it tells none. */
export async function electedMaster(target: Cluster, signal: AbortSignal): Promise<string | undefined> {
  const { nodes = {} } = await json<{ nodes?: Record<string, { http?: { publish_address?: string } }> }>(target, {
    method: 'GET',
    path: '/_nodes/_master/http',
    query: { filter_path: 'nodes.*.http.publish_address' },
    signal,
  })
  // `127.0.0.1:9200`, or `es-1.example/10.0.0.1:9200` where a host name was published.
  const published = Object.values(nodes)[0]?.http?.publish_address
  if (published === undefined) return undefined
  const [name, numeric] = published.split('/')
  const port = published.slice(published.lastIndexOf(':') + 1)
  return `${new URL(target.address).protocol}//${numeric === undefined ? published : `${name}:${port}`}`
}

export async function answersAt(target: Connection, at: string, signal: AbortSignal): Promise<boolean> {
  try {
    await json<JsonObject>(target, { method: 'GET', path: '/', at, signal })
    return true
  } catch (thrown) {
    if (thrown instanceof ShardferryError) return false
    throw thrown
  }
}
