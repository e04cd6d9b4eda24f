import type { Cluster } from '../../src/cluster/cluster.ts'
import { openConnection } from '../../src/cluster/connect.ts'
import { identify } from '../../src/cluster/identify.ts'
import type { Auth, ConnectionSettings, Side } from '../../src/model/connection.ts'

export function connectionSettings(address: string, side: Side = 'source', auth: Auth = { kind: 'none' }): ConnectionSettings {
  return { side, addresses: [address], auth, tls: { verify: true }, requestTimeoutMs: 30_000 }
}

/** A cluster that answers at an address without credentials. */
export function connectTo(address: string, side: Side = 'source'): Promise<Cluster> {
  return identify(openConnection(connectionSettings(address, side)), new AbortController().signal)
}

/** Sends a request as any client would, past the code under test. @throws Error for a status of 400 and above */
export async function send(address: string, method: string, path: string, body?: string | Uint8Array | object): Promise<unknown> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(address + path, {
    method,
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    headers: { 'content-type': path.includes('_bulk') ? 'application/x-ndjson' : 'application/json' },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return JSON.parse(text)
}
