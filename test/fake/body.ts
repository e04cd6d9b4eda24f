// Request bodies: read whole, decompressed, and held to the limit servers put on the decompressed size.
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

export class RequestTooLarge extends Error {}

/** The decompressed body. Throws `RequestTooLarge` once it is past the limit; the rest is read and thrown away. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const compressed = request.headers['content-encoding'] === 'gzip'
  const stream = compressed ? pipeline(request, createGunzip(), () => {}) : request
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= limitBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  if (bytes > limitBytes) throw new RequestTooLarge()
  return Buffer.concat(chunks)
}
