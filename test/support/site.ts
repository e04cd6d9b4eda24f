/** One cluster as a test sees it. A client of its own, so that what is tested is not also what it is measured with. */
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { LabCluster } from '../../lab/cluster.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/** An object is sent as JSON. Text and bytes go as they are: as NDJSON to `_bulk`, else as JSON. */
export type Body = object | string | Uint8Array

export interface Site {
  readonly cluster: LabCluster
  /** The addresses of all nodes, separated by commas, as the command line takes them. */
  readonly urls: string
  readonly caPath: string
  /** The user that Shardferry logs in as; it may do everything. */
  readonly username: string
  readonly password: string
  /** Sends one request as the lab's own administrator and gives the answer, whatever its status. */
  send(method: Method, path: string, body?: Body): Promise<Reply>
  /** As `send`. @throws Error for a status of 300 and above */
  bytes(method: Method, path: string, body?: Body): Promise<Buffer>
  json<T>(method: Method, path: string, body?: Body): Promise<T>
  close(): Promise<void>
}

export interface Reply {
  readonly status: number
  readonly body: Buffer
}

export function openSite(cluster: LabCluster, user: { readonly username: string; readonly password: string }): Site {
  const { admin, caPath, urls } = cluster
  if (admin === undefined || caPath === undefined || urls[0] === undefined) throw new Error(`${cluster.name} is not secured.`)
  const pool = new Pool(urls[0], { connections: 4, connect: { ca: readFileSync(caPath) }, bodyTimeout: 0, headersTimeout: 0 })
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`

  const send: Site['send'] = async (method, path, body) => {
    const type = /\/_bulk(\?|$)/.test(path) ? 'application/x-ndjson' : 'application/json'
    const answer = await pool.request({
      method,
      path,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? null : encoded(body),
    })
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) }
  }
  const bytes: Site['bytes'] = async (method, path, body) => {
    const answer = await send(method, path, body)
    if (answer.status < 300) return answer.body
    throw new Error(
      `${cluster.name} answers ${answer.status} to ${method} ${path}: ${answer.body.toString('utf8').slice(0, 600)}`,
    )
  }
  return {
    cluster,
    urls: urls.join(','),
    caPath,
    ...user,
    send,
    bytes,
    json: async <T>(method: Method, path: string, body?: Body) =>
      JSON.parse((await bytes(method, path, body)).toString('utf8')) as T,
    close: () => pool.destroy(),
  }
}

function encoded(body: Body): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}
