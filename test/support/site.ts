/** One cluster as a test sees it. A client of its own, so that what is tested is not also what it is measured with. */
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { LabCluster } from '../../lab/cluster.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/** An object is sent as JSON. Text and bytes go as they are: as NDJSON to `_bulk`, else as JSON. */
export type Body = object | string | Uint8Array

export interface Site {
  readonly name: string
  /** The addresses of all nodes, separated by commas, as the command line takes them. */
  readonly urls: string
  readonly caPath: string | undefined
  /** The user that Shardferry logs in as, who may do everything; undefined without security. */
  readonly user: User | undefined
  /** Sends one request as the lab's own administrator and gives the answer, whatever its status. */
  send(method: Method, path: string, body?: Body, type?: string): Promise<Reply>
  /** As `send`, but as another user. */
  as(user: User, method: Method, path: string): Promise<Reply>
  /** As `send`. @throws Error for a status of 300 and above */
  bytes(method: Method, path: string, body?: Body): Promise<Buffer>
  json<T>(method: Method, path: string, body?: Body): Promise<T>
  close(): Promise<void>
}

/** A site that one logs in to. */
export interface SecuredSite extends Site {
  readonly caPath: string
  readonly user: User
}

export interface User {
  readonly username: string
  readonly password: string
}

export interface Reply {
  readonly status: number
  readonly body: Buffer
}

/** A cluster of the lab, with security. */
export function openSite({ name, admin, caPath, urls }: LabCluster, user: User): SecuredSite {
  if (admin === undefined || caPath === undefined) throw new Error(`${name} is not secured.`)
  return { ...siteAt(name, urls, { admin, caPath, user }), caPath, user }
}

/** A cluster at these addresses; without `access` it has no security. The first address is spoken to. */
export function siteAt(name: string, urls: readonly string[], access?: { admin: User; caPath: string; user: User }): Site {
  const connect = access === undefined ? {} : { ca: readFileSync(access.caPath) }
  const pool = new Pool(urls[0] ?? '', { connections: 4, connect, bodyTimeout: 0, headersTimeout: 0 })
  const own = access === undefined ? {} : loginOf(access.admin)

  const request = async (
    login: Record<string, string>,
    method: Method,
    path: string,
    body?: Body,
    type = /\/_bulk(\?|$)/.test(path) ? 'application/x-ndjson' : 'application/json',
  ): Promise<Reply> => {
    const answer = await pool.request({
      method,
      path,
      headers: { ...login, ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? null : encoded(body),
    })
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) }
  }
  const send: Site['send'] = (method, path, body, type) => request(own, method, path, body, type)
  const bytes: Site['bytes'] = async (method, path, body) => {
    const answer = await send(method, path, body)
    if (answer.status < 300) return answer.body
    throw new Error(`${name} answers ${answer.status} to ${method} ${path}: ${answer.body.toString('utf8').slice(0, 600)}`)
  }
  return {
    name,
    urls: urls.join(','),
    caPath: access?.caPath,
    user: access?.user,
    send,
    as: (user, method, path) => request(loginOf(user), method, path),
    bytes,
    json: async <T>(method: Method, path: string, body?: Body) =>
      JSON.parse((await bytes(method, path, body)).toString('utf8')) as T,
    close: () => pool.destroy(),
  }
}

function loginOf({ username, password }: User): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

function encoded(body: Body): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
}
