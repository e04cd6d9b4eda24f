import type { Dispatcher } from 'undici'
import { ShardferryError } from '../model/errors.ts'
import { buffers } from './buffers.ts'
import type { Answer } from './cluster.ts'
import { received } from './socket-garbage.ts'

export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * One HTTP request on one pool, its answer received into one buffer (several times cheaper than `fetch`).
 * Rejects with undici's or the socket's own error, with the signal's reason, or with `page-too-large`.
 */
export function exchangeOnce(pool: Dispatcher, request: WireRequest): Promise<Answer> {
  request.signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    let abort: ((reason: Error) => void) | undefined
    let status = 0
    let headers: Answer['headers'] = {}
    let buffer: Uint8Array | undefined
    let length = 0
    // A request that still waits for its socket (a host that swallows packets, a TLS handshake) is given up at once.
    const onAbort = (): void => (abort ?? reject)(request.signal.reason as Error)
    request.signal.addEventListener('abort', onAbort, { once: true })
    const end = (): void => request.signal.removeEventListener('abort', onAbort)

    const room = (bytes: number): Uint8Array => {
      if (buffer && buffer.length >= bytes) return buffer
      const larger =
        bytes > pooledBytes
          ? buffers.take(buffer ? Math.max(bytes, 2 * buffer.length) : bytes)
          : new Uint8Array(Math.max(bytes, 2 * length))
      if (buffer) {
        larger.set(buffer.subarray(0, length))
        if (buffer.length > pooledBytes) buffers.give(buffer)
      }
      buffer = larger
      return larger
    }
    const tooLarge = (bytes: number): ShardferryError =>
      new ShardferryError(
        'page-too-large',
        `An answer of ${bytes} bytes is more than the ${request.maxBytes} set aside for it.`,
        { recovery: 'redo' },
      )

    pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        headersTimeout: request.timeoutMs,
        bodyTimeout: request.timeoutMs,
      },
      {
        onRequestStart(controller) {
          abort = reason => controller.abort(reason)
          if (request.signal.aborted) onAbort()
        },
        onResponseStart(controller, statusCode, received) {
          if (statusCode < 200) return
          status = statusCode
          headers = received
          const announced = Number(received['content-length'] ?? 0)
          if (announced > request.maxBytes) controller.abort(tooLarge(announced))
          else if (announced > 0) room(announced)
        },
        onResponseData(controller, chunk) {
          if (length + chunk.length > request.maxBytes) return controller.abort(tooLarge(length + chunk.length))
          room(length + chunk.length).set(chunk, length)
          length += chunk.length
        },
        onResponseEnd() {
          end()
          received(length)
          const whole = buffer ?? new Uint8Array(0)
          let held = whole.length > pooledBytes
          resolve({
            status,
            headers,
            body: whole.subarray(0, length),
            release: () => {
              if (held) buffers.give(whole)
              held = false
            },
          })
        },
        onResponseError(_controller, error) {
          end()
          if (buffer && buffer.length > pooledBytes) buffers.give(buffer)
          reject(error)
        },
      },
    )
  })
}

const pooledBytes = 256 * 1024
