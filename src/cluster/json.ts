import { ShardferryError } from '../model/errors.ts'
import type { Answer, ClusterRequest, Connection } from './cluster.ts'
import { refusal } from './refusal.ts'

const text = new TextDecoder()

/**
 * Sends a request and parses the JSON answer. For metadata and counts only: documents never pass through a parser.
 * @throws ShardferryError with the server's own reason for any status of 400 and above
 */
export async function json<T>(connection: Connection, request: ClusterRequest): Promise<T> {
  const answer = await connection.exchange(request)
  if (answer.status >= 400) throw refusal(connection, request, answer)
  return parsed(connection, request, answer) as T
}

/** As `json`, with undefined for a 404. */
export async function jsonIfFound<T>(connection: Connection, request: ClusterRequest): Promise<T | undefined> {
  const answer = await connection.exchange(request)
  if (answer.status === 404) return undefined
  if (answer.status >= 400) throw refusal(connection, request, answer)
  return parsed(connection, request, answer) as T
}

/** As `jsonIfFound`, with the whole numbers that the value holds in another form, by their path: `mappings.properties.n.null_value: 9007199254740993`. */
export async function exactJsonIfFound(
  connection: Connection,
  request: ClusterRequest,
): Promise<{ readonly value: unknown; readonly inexact: readonly string[] } | undefined> {
  const answer = await connection.exchange(request)
  if (answer.status === 404) return undefined
  if (answer.status >= 400) throw refusal(connection, request, answer)
  const value = parsed(connection, request, answer)
  return { value, inexact: inexactNumbers(text.decode(answer.body)) }
}

class Inexact {
  readonly digits: string
  constructor(digits: string) {
    this.digits = digits
  }
}

/** Whole numbers beyond 2^53, which a parse changes without a word. Fractions are doubles on the servers too. */
export function inexactNumbers(json: string): string[] {
  // Most texts have none, and need no second parse.
  if (!/\d{16}/.test(json)) return []
  const marked = JSON.parse(json, ((_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) && String(value) !== source && source !== '-0'
      ? new Inexact(source)
      : value) as (key: string, value: unknown) => unknown) as unknown
  const found: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (value instanceof Inexact) found.push(`${path}: ${value.digits}`)
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`)
  }
  walk(marked, '')
  return found
}

/** @throws ShardferryError `response-unreadable` */
export function parsed(connection: Connection, request: ClusterRequest, answer: Answer): unknown {
  if (answer.body.length === 0) return {}
  try {
    return JSON.parse(text.decode(answer.body)) as unknown
  } catch (cause) {
    throw new ShardferryError(
      'response-unreadable',
      `The ${connection.side} ${answer.from ?? connection.address} answered ${request.method} ${request.path} with something that is not JSON.`,
      {
        recovery: 'retry',
        cause,
        hint: 'A proxy or load balancer may stand in between. Check what the address answers, for example with curl.',
      },
    )
  }
}
