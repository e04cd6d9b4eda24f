/**
 * A longer way to a server: a TCP proxy in this process that hands on every byte half a round trip later, in both
 * directions, as many as come. It is a delay and nothing else: no slow start, no loss, no limit on the bandwidth, so it
 * is kinder to one who waits for each answer than a real network is.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface DelayedServer extends AsyncDisposable {
  readonly url: string
}

/** Bytes on their way in one direction; more are not taken from the sender. */
const onTheWay = 64 * 1024 * 1024

export async function delayed(url: string, roundTripMs: number): Promise<DelayedServer> {
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
    pass(client, there, 1.5 * roundTripMs, roundTripMs / 2)
    pass(there, client, roundTripMs / 2, roundTripMs / 2)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** In order: a timer of the same length never overtakes an earlier one, and the first is the longest. */
function pass(from: Socket, to: Socket, firstMs: number, laterMs: number): void {
  let pending = 0
  let notBeforeMs = performance.now() + firstMs - laterMs
  const later = (act: () => void): void => {
    notBeforeMs = Math.max(notBeforeMs, performance.now())
    setTimeout(act, notBeforeMs + laterMs - performance.now())
  }
  from.on('data', chunk => {
    pending += chunk.length
    if (pending > onTheWay) from.pause()
    later(() => {
      pending -= chunk.length
      if (!to.destroyed) to.write(chunk)
      if (pending <= onTheWay / 2) from.resume()
    })
  })
  from.on('end', () => later(() => to.end()))
}
