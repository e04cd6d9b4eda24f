/**
 * A longer way to a server: a TCP proxy in this process that hands on every byte half a round trip later, in both
 * directions, as many as the line takes. It is a delay and a width, and nothing else: no slow start, no loss, so it
 * is kinder to one who waits for each answer than a real network is.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface DelayedServer extends AsyncDisposable {
  readonly url: string
  /** Handed on so far, both directions. */
  readonly bytes: number
}

/** One direction, shared by all connections. */
interface Line {
  readonly bytesPerMs: number
  /** When what was sent so far has left. */
  freeAtMs: number
  bytes: number
}

/** Bytes on their way in one direction; more are not taken from the sender. */
const onTheWay = 64 * 1024 * 1024

export async function delayed(url: string, roundTripMs: number, mbitPerSecond = Infinity): Promise<DelayedServer> {
  const line = (): Line => ({ bytesPerMs: mbitPerSecond * 125, freeAtMs: 0, bytes: 0 })
  const [up, down] = [line(), line()]
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const there = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    for (const socket of [client, there]) {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      socket.on('error', () => {
        client.destroy()
        there.destroy()
      })
    }
    // A connection is a round trip before its first byte.
    pass(client, there, up, 1.5 * roundTripMs, roundTripMs / 2)
    pass(there, client, down, roundTripMs / 2, roundTripMs / 2)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return up.bytes + down.bytes
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** In order: a timer of the same length never overtakes an earlier one, and the first is the longest. */
function pass(from: Socket, to: Socket, line: Line, firstMs: number, laterMs: number): void {
  let pending = 0
  let notBeforeMs = performance.now() + firstMs - laterMs
  const later = (bytes: number, act: () => void): void => {
    line.bytes += bytes
    line.freeAtMs = Math.max(line.freeAtMs, performance.now()) + bytes / line.bytesPerMs
    notBeforeMs = Math.max(notBeforeMs, line.freeAtMs)
    setTimeout(act, notBeforeMs + laterMs - performance.now())
  }
  from.on('data', chunk => {
    pending += chunk.length
    if (pending > onTheWay) from.pause()
    later(chunk.length, () => {
      pending -= chunk.length
      if (!to.destroyed) to.write(chunk)
      if (pending <= onTheWay / 2) from.resume()
    })
  })
  from.on('end', () => later(0, () => to.end()))
}
