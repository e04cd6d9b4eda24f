/** A plain HTTPS client for one cluster: the demo loads and compares with it, so that neither relies on what is demonstrated. */
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { LabCluster } from '../lab/cluster.ts'
import { DemoError } from './stage.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Client {
  /** How messages name the cluster: source or target. */
  readonly label: string
  /** The answer's text, as it came. @throws DemoError for any status but 200 and 201 */
  text(method: Method, path: string, body?: object | string): Promise<string>
  json<T>(method: Method, path: string, body?: object | string): Promise<T>
  close(): Promise<void>
}

export function openClient(label: string, { urls, admin, caPath }: LabCluster, signal: AbortSignal): Client {
  if (urls[0] === undefined || admin === undefined || caPath === undefined) throw new DemoError(`The ${label} is not secured.`)
  const pool = new Pool(urls[0], { connections: 4, connect: { ca: readFileSync(caPath) } })
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`

  const text: Client['text'] = async (method, path, body) => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const answer = await pool.request({
      method,
      path,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      signal,
    })
    const words = await answer.body.text()
    if (answer.statusCode > 201)
      throw new DemoError(`The ${label} answers ${answer.statusCode} to ${method} ${path}: ${words.slice(0, 500)}`)
    return words
  }

  return {
    label,
    text,
    json: async <T>(method: Method, path: string, body?: object | string) => JSON.parse(await text(method, path, body)) as T,
    close: () => pool.destroy(),
  }
}
