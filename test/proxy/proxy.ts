// A TCP proxy that breaks connections as a seed says. It forwards bytes without reading them, so TLS passes through.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { fateOf } from './fate.ts'
import type { Direction, Fate, ProxyFaults } from './fate.ts'
import { forward } from './forward.ts'

export interface ProxyOptions {
  targetPort: number
  /** 127.0.0.1 when left out. */
  targetHost?: string
  seed: number
  faults?: ProxyFaults
}

export interface ProxyStats {
  connections: number
  resets: number
  halfOpen: number
  bytesUp: number
  bytesDown: number
}

export interface Proxy {
  port: number
  /** With http: for a TLS target, take the port. */
  url: string
  stats: ProxyStats
  /** Replaces the faults of connections that open from now on. Delay and bandwidth change on open ones too. */
  setFaults(faults: ProxyFaults): void
  /** Resets every open connection and leaves the listener as it is: what a restart of the target looks like. */
  dropConnections(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const stats: ProxyStats = { connections: 0, resets: 0, halfOpen: 0, bytesUp: 0, bytesDown: 0 }
  const open = new Set<Socket>()
  let faults = options.faults ?? {}
  const server = createServer({ allowHalfOpen: true }, client => {
    const fate = fateOf(options.seed, stats.connections++, faults)
    if (fate.kind === 'reset-on-connect') {
      stats.resets++
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const target = connect({ port: options.targetPort, host: options.targetHost ?? '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, target]) {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    }
    join(client, target, fate, { stats, faults: () => faults })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dropConnections = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    for (const socket of open) socket.destroy()
    await once(server, 'close')
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stats,
    setFaults: next => {
      faults = next
    },
    dropConnections,
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Shared {
  stats: ProxyStats
  faults: () => ProxyFaults
}

/** Forwards both directions until the fate of the connection strikes or both ends are done. */
function join(client: Socket, target: Socket, fate: Fate, { stats, faults }: Shared): void {
  let stopped = false
  const resetBoth = (): void => {
    client.resetAndDestroy()
    target.resetAndDestroy()
  }
  for (const socket of [client, target]) {
    socket.setNoDelay(true)
    // On a half-open connection neither end learns what becomes of the other.
    socket.on('error', () => stopped || resetBoth())
  }
  const strike = (): void => {
    if (fate.kind === 'reset') {
      stats.resets++
      resetBoth()
    } else {
      stopped = true
      stats.halfOpen++
    }
  }
  const run = (from: Socket, to: Socket, direction: Direction): void => {
    const limit = 'afterBytes' in fate && fate.direction === direction ? fate.afterBytes : Infinity
    const count = (bytes: number): void => {
      stats[direction === 'up' ? 'bytesUp' : 'bytesDown'] += bytes
    }
    const forwarded = forward(from, to, { limit, faults, count, strike, stopped: () => stopped })
    const closed = new Promise(resolve => from.once('close', resolve))
    // Only once all it sent has been passed on may one end's closing close the other.
    Promise.all([forwarded, closed]).then(
      () => stopped || to.destroySoon(),
      () => stopped || resetBoth(),
    )
  }
  run(client, target, 'up')
  run(target, client, 'down')
}
