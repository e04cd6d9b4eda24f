import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Door } from './door.ts'

/** Of one connection only (RFC 9110, 7.6.1); `expect` has been met when the body is read. */
const ofOneHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
])

/** Headers that go on to the other side. */
export function endToEnd(headers: IncomingHttpHeaders | Headers): Record<string, string | string[]> {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers)
  const named = String(entries.find(([name]) => name.toLowerCase() === 'connection')?.[1] ?? '')
  const alsoOfOneHop = new Set(named.split(',').map(name => name.trim().toLowerCase()))
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of entries)
    if (value !== undefined && !ofOneHop.has(name.toLowerCase()) && !alsoOfOneHop.has(name.toLowerCase())) kept[name] = value
  return kept
}

/** Sends a request on as it is, and its answer back as it comes. @param body where it was read already */
export async function passThrough(door: Door, request: Request, path: string, body?: string): Promise<Response> {
  const headers = endToEnd(request.headers)
  if (body !== undefined) delete headers['content-length']
  const answer = await door.send({
    method: request.method,
    path,
    headers,
    body: body ?? streamOf(request),
    signal: request.signal,
  })
  const back = new Headers()
  for (const [name, value] of Object.entries(endToEnd(answer.headers)))
    for (const one of Array.isArray(value) ? value : [value]) back.append(name, one)
  const empty = request.method === 'HEAD' || answer.status === 204 || answer.status === 304
  if (empty) answer.body.resume()
  return new Response(empty ? null : (Readable.toWeb(answer.body) as globalThis.ReadableStream), {
    status: answer.status,
    headers: back,
  })
}

function streamOf({ body }: Request): Readable | null {
  return body === null ? null : Readable.fromWeb(body)
}
