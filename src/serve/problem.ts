import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { asShardferryError } from '../model/errors.ts'
import type { ErrorCode, ShardferryError } from '../model/errors.ts'

/** RFC 9457, with the code and the hint of a ShardferryError. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly hint?: string
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  401: 'Who asks is not known',
  403: 'Not allowed',
  404: 'Not there',
  405: 'Not that way',
  409: 'Not as it stands',
  412: 'It has changed meanwhile',
  413: 'Too large',
  415: 'Not JSON',
  421: 'Not this server',
  422: 'It cannot be done',
  424: 'A cluster stands in the way',
  428: 'Say which version is meant',
  429: 'Too many failures',
  500: 'A fault in Shardferry',
  503: 'Not now',
  507: 'The state folder cannot be written',
}

export function problem(c: Context, status: ContentfulStatusCode, code: string, detail: string, hint?: string): Response {
  const body: Problem = {
    type: `urn:shardferry:error:${code}`,
    title: titles[status] ?? 'Refused',
    status,
    detail,
    code,
    ...(hint === undefined ? {} : { hint }),
  }
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' })
}

export function problemOf(c: Context, thrown: unknown): Response {
  const error = asShardferryError(thrown)
  // What a fault of our own says is for the log: it may tell of this machine.
  if (error.code === 'internal') return problem(c, 500, error.code, 'This is a fault in Shardferry. Nothing is lost.', logHint)
  return problem(c, statusOf(error), error.code, error.message, error.hint)
}

const logHint = "The server's log has more of it. Please report it."

const ownStatus: Partial<Readonly<Record<ErrorCode, ContentfulStatusCode>>> = {
  'state-missing': 404,
  'state-held': 409,
  'state-other': 409,
  stopped: 409,
  'state-unwritable': 507,
  'state-version': 500,
  internal: 500,
}

/** What the command line would have ended with says whose fault it is: 2 the request's, 3 and 8 a cluster's. */
function statusOf({ code, exitCode }: ShardferryError): ContentfulStatusCode {
  return ownStatus[code] ?? (exitCode === 2 ? 400 : exitCode === 3 || exitCode === 8 ? 424 : 422)
}
