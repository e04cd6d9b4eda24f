// Sending an answer: filtered and compressed as asked, and cut short when a fault says so.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { ActiveFaults } from './faults.ts'
import { filterPath } from './filter-path.ts'
import type { Reply } from './http.ts'
import { encodeJson, isObject, reserialised } from './json.ts'

export interface Encoded {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** The answer in bytes. Any filter or indentation makes servers write stored documents anew, so it does here. */
export function encodeReply(reply: Reply, request: { query: URLSearchParams; headers: IncomingMessage['headers'] }): Encoded {
  const headers: Record<string, string> = { ...reply.headers }
  let body = Buffer.alloc(0)
  if (reply.body !== undefined) {
    headers['content-type'] = 'application/json; charset=UTF-8'
    const filter = isError(reply) ? null : request.query.get('filter_path')
    const pretty = request.query.get('pretty')
    let value = filter !== null || (pretty !== null && pretty !== 'false') ? reserialised(reply.body) : reply.body
    if (filter !== null) value = filterPath(value, filter) ?? {}
    body = Buffer.from(encodeJson(value))
  }
  if (body.length > 0 && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    headers['content-encoding'] = 'gzip'
    body = Buffer.from(gzipSync(body, { level: 3 }))
  }
  return { status: reply.status, headers: { ...headers, 'content-length': String(body.length) }, body }
}

/** Servers leave errors whole, whatever was asked for. */
function isError({ status, body }: Reply): boolean {
  return status >= 400 && isObject(body) && 'error' in body
}

/** How long a cut answer may take to reach the client before the connection ends. */
const CUT_GRACE_MS = 20

export async function send(
  reply: Encoded,
  faults: ActiveFaults,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(reply.status, reply.headers)
  const cut = faults.find('cut')?.cut
  if (cut === undefined || cut >= reply.body.length) {
    response.end(request.method === 'HEAD' ? undefined : reply.body)
    return
  }
  response.flushHeaders()
  response.write(reply.body.subarray(0, cut))
  await sleep(CUT_GRACE_MS)
  request.socket.destroy()
}
