import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fateOf } from './fate.ts'
import { startProxy } from './proxy.ts'
import type { Proxy } from './proxy.ts'

let targetPort = 0
let stopEcho: () => void
const started: Proxy[] = []

beforeEach(async () => {
  const open = new Set<Socket>()
  const echo = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  targetPort = (echo.address() as AddressInfo).port
  stopEcho = () => {
    echo.close()
    for (const socket of open) socket.destroy()
  }
})

afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy.close()
  stopEcho()
})

async function start(faults: Parameters<Proxy['setFaults']>[0], seed = 1): Promise<Proxy> {
  const proxy = await startProxy({ targetPort, seed, faults })
  started.push(proxy)
  return proxy
}

/** Sends bytes through the proxy and tells what came back and how the connection ended. */
async function talk(proxy: Proxy, bytes: Buffer, waitMs = 1000): Promise<{ received: Buffer; end: string }> {
  const socket = connect(proxy.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const end = new Promise<string>(resolve => {
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'error'))
    socket.on('end', () => resolve('end'))
  })
  socket.end(bytes)
  const ended = await Promise.race([end, sleep(waitMs, 'silence')])
  socket.destroy()
  return { received: Buffer.concat(chunks), end: ended }
}

const payload = Buffer.alloc(300_000, 'shard')

test('without faults every byte passes in both directions', async () => {
  const proxy = await start({})
  const { received, end } = await talk(proxy, payload)
  expect([end, received.equals(payload)]).toEqual(['end', true])
  expect(proxy.stats).toEqual({ connections: 1, resets: 0, halfOpen: 0, bytesUp: 300_000, bytesDown: 300_000 })
})

test('a reset on connect lets nothing through', async () => {
  const proxy = await start({ resetOnConnect: 1 })
  expect(await talk(proxy, payload)).toEqual({ received: Buffer.alloc(0), end: 'ECONNRESET' })
  expect(proxy.stats).toMatchObject({ resets: 1, bytesUp: 0 })
})

test('a reset strikes after the drawn number of bytes', async () => {
  const proxy = await start({ resetAfterBytes: 1, bytes: { min: 1000, max: 2000 } })
  const { end } = await talk(proxy, payload)
  expect(['ECONNRESET', 'EPIPE']).toContain(end)
  const fate = fateOf(1, 0, { resetAfterBytes: 1, bytes: { min: 1000, max: 2000 } })
  if (!('afterBytes' in fate)) throw new Error(fate.kind)
  expect(proxy.stats[fate.direction === 'up' ? 'bytesUp' : 'bytesDown']).toBe(fate.afterBytes)
})

test('a half-open connection goes silent and stays open', async () => {
  const proxy = await start({ halfOpen: 1, bytes: { min: 10, max: 10 } })
  const { received, end } = await talk(proxy, payload, 150)
  expect(end).toBe('silence')
  expect(received.length).toBeLessThan(payload.length)
  expect(proxy.stats.halfOpen).toBe(1)
})

test('delay and bandwidth hold chunks back but lose nothing', async () => {
  const slow = await start({ bandwidth: 1_000_000, delayMs: 5 })
  const startMs = performance.now()
  const { received } = await talk(slow, payload.subarray(0, 100_000), 5000)
  expect(received.equals(payload.subarray(0, 100_000))).toBe(true)
  expect(performance.now() - startMs).toBeGreaterThan(100)
})

test('the same seed gives every connection the same fate, another seed another', () => {
  const faults = { resetOnConnect: 0.2, resetAfterBytes: 0.3, halfOpen: 0.3 }
  const fates = (seed: number): string[] =>
    Array.from({ length: 200 }, (_, connection) => JSON.stringify(fateOf(seed, connection, faults)))
  expect(fates(7)).toEqual(fates(7))
  expect(fates(7)).not.toEqual(fates(8))
  const reset = fates(7).filter(fate => fate.includes('reset-on-connect')).length
  expect(reset).toBeGreaterThan(20)
  expect(reset).toBeLessThan(60)
})

test('faults can be changed, and open connections dropped, while it runs', async () => {
  const proxy = await start({ resetOnConnect: 1 })
  proxy.setFaults({})
  const socket = connect(proxy.port, '127.0.0.1')
  socket.write('hello')
  await once(socket, 'data')
  const ended = once(socket, 'error')
  proxy.dropConnections()
  expect(await ended).toMatchObject([{ code: 'ECONNRESET' }])
})
