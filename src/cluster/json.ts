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

function parsed(connection: Connection, request: ClusterRequest, answer: Answer): unknown {
  if (answer.body.length === 0) return {}
  try {
    return JSON.parse(text.decode(answer.body)) as unknown
  } catch (cause) {
    throw new ShardferryError(
      'response-unreadable',
      `The ${connection.side} answered ${request.method} ${request.path} with something that is not JSON.`,
      {
        recovery: 'retry',
        cause,
        hint: 'A proxy or load balancer may stand in between. Check what the address answers, for example with curl.',
      },
    )
  }
}
