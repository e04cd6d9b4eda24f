// One direction of a connection: chunks in order, held back and slowed down as the faults say.
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyFaults } from './fate.ts'

export interface Course {
  /** After so many bytes, `strike` is called and nothing more is forwarded. */
  limit: number
  /** Asked for every chunk, so that delays can change on an open connection. */
  faults: () => ProxyFaults
  count: (bytes: number) => void
  strike: () => void
  /** True once the other direction stopped the connection. */
  stopped: () => boolean
}

/** Ends with the sender's end, or for good when the connection is struck or stopped. */
export async function forward(from: Socket, to: Socket, course: Course): Promise<void> {
  let passed = 0
  if (course.limit === 0) return course.strike()
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const { delayMs = 0, bandwidth } = course.faults()
    const allowed = chunk.subarray(0, course.limit - passed)
    const holdMs = delayMs + (bandwidth === undefined ? 0 : (1000 * allowed.length) / bandwidth)
    if (holdMs > 0) await sleep(holdMs)
    if (course.stopped()) return
    passed += allowed.length
    course.count(allowed.length)
    await write(to, allowed)
    if (passed >= course.limit) return course.strike()
  }
  if (!course.stopped()) to.end()
}

/** Resolves once the socket takes more, or never will. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    if (socket.destroyed || socket.write(bytes)) {
      resolve()
      return
    }
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
