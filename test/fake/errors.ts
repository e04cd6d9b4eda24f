// The error bodies of the servers, one function per kind the fake answers with.
import type { Json, JsonObject } from './json.ts'

/** What a handler throws to answer with an error. `details` stand beside type and reason, `caused` below them. */
export class ApiError extends Error {
  readonly status: number
  readonly type: string
  readonly details: JsonObject
  readonly caused: JsonObject | undefined

  constructor(status: number, type: string, reason: string, details: JsonObject = {}, caused?: JsonObject) {
    super(reason)
    this.status = status
    this.type = type
    this.details = details
    this.caused = caused
  }

  /** The error as a `_bulk` item carries it. */
  get item(): JsonObject {
    return { type: this.type, reason: this.message, caused_by: this.caused, ...this.details }
  }

  /** The body of the whole answer. */
  get body(): JsonObject {
    const root = { type: this.type, reason: this.message, ...this.details }
    return { error: { root_cause: [root], ...root, caused_by: this.caused }, status: this.status }
  }
}

/** A search that failed on its shards: the cause is told three times over, as servers do. */
export class SearchError extends ApiError {
  readonly #failures: JsonObject[]

  constructor(status: number, type: string, reason: string, shards: readonly JsonObject[]) {
    super(status, type, reason)
    this.#failures = shards.map(shard => ({ ...shard, reason: { type, reason } }))
  }

  override get body(): JsonObject {
    const root = { type: this.type, reason: this.message }
    const caused = this.status === 400 && this.type === 'illegal_argument_exception' ? { ...root, caused_by: root } : undefined
    return {
      error: {
        root_cause: [root],
        type: 'search_phase_execution_exception',
        reason: 'all shards failed',
        phase: 'query',
        grouped: true,
        failed_shards: this.#failures,
        caused_by: caused,
      },
      status: this.status,
    }
  }
}

export function illegalArgument(reason: string, caused?: JsonObject): ApiError {
  return new ApiError(400, 'illegal_argument_exception', reason, {}, caused)
}

/** One 400 for all that is wrong with a request, numbered. */
export function invalidRequest(problems: readonly string[], type = 'action_request_validation_exception'): ApiError {
  const numbered = problems.map((problem, index) => ` ${index + 1}: ${problem};`).join('')
  return new ApiError(400, type, `Validation Failed:${numbered}`)
}

export function indexNotFound(name: string, resourceType = 'index_or_alias'): ApiError {
  const details = { 'resource.type': resourceType, 'resource.id': name, index_uuid: '_na_', index: name }
  return new ApiError(404, 'index_not_found_exception', `no such index [${name}]`, details)
}

/** A request the fake has no answer for: loud, so that a test never passes on a silent guess. */
export function notFaked(what: string): ApiError {
  return new ApiError(400, 'not_faked_exception', `the fake cluster does not do ${what}`)
}

/** The short form of errors that come before any handler: a text instead of an object. */
export function plainError(message: string, status: number): Json {
  return { error: message, status }
}
