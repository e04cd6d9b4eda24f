import { Pool } from 'undici'

/** One node of a cluster, spoken to with as little work as possible: what is measured must not be this. */
export interface Node {
  readonly url: string
  /** Sends one request and gives the answer's bytes. @throws Error with the server's words for a status of 400 and above */
  send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: Uint8Array | object): Promise<Buffer>
  /** As `send`, with the answer parsed. */
  ask<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: Uint8Array | object): Promise<T>
  close(): Promise<void>
}

export function openNode(url: string): Node {
  // A native _reindex answers when it is done.
  const pool = new Pool(url, { connections: 64, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 })
  const send: Node['send'] = async (method, path, body) => {
    const raw = body instanceof Uint8Array
    const answer = await pool.request({
      method,
      path,
      headers: body === undefined ? {} : { 'content-type': raw ? 'application/x-ndjson' : 'application/json' },
      body: body === undefined ? null : raw ? body : JSON.stringify(body),
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    if (answer.statusCode >= 400) {
      throw new Error(`${method} ${url}${path} answers ${answer.statusCode}: ${bytes.toString('utf8', 0, 1000)}`)
    }
    return bytes
  }
  return {
    url,
    send,
    ask: async <T>(...request: Parameters<Node['send']>) => JSON.parse((await send(...request)).toString('utf8')) as T,
    close: () => pool.destroy(),
  }
}

/** Live documents, after a refresh. */
export async function countDocs(node: Node, index: string): Promise<number> {
  await node.send('POST', `/${index}/_refresh`)
  return (await node.ask<{ count: number }>('GET', `/${index}/_count`)).count
}

export async function deleteIndex(node: Node, index: string): Promise<void> {
  await node.send('DELETE', `/${index}?ignore_unavailable=true`)
}
