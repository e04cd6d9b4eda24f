/** Stands between Shardferry and a cluster, reads every answer as a whole, and may hand on something else. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import type { SecuredSite } from '../../test/support/site.ts'

export interface Passing {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly status: number
  readonly body: Buffer
}

/** `cut`: so many bytes of the announced length, then the end of the connection. */
export type Meddling = { readonly cut: number } | { readonly status: number; readonly body: Buffer }

export interface Interposer {
  /** Without TLS: what is read can be changed. */
  readonly url: string
  /** Asked for every answer; undefined lets it pass. */
  meddle: ((passing: Passing) => Meddling | undefined) | undefined
  /** Answers that were changed. */
  readonly meddled: number
  close(): Promise<void>
}

export async function interpose(site: SecuredSite): Promise<Interposer> {
  const [address = ''] = site.urls.split(',')
  const pool = new Pool(address, { connect: { ca: readFileSync(site.caPath) }, connections: 16, headersTimeout: 60_000 })
  let meddled = 0
  const server = createServer((request, response) => {
    const answered = (async () => {
      const asked: Buffer[] = []
      for await (const chunk of request) asked.push(chunk as Buffer)
      const { method = 'GET', url: path = '/', headers } = request
      const { authorization = '', 'content-type': type } = headers
      const answer = await pool.request({
        method,
        path,
        headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
        body: asked.length > 0 ? Buffer.concat(asked) : null,
      })
      const body = Buffer.from(await answer.body.arrayBuffer())
      const passing = { method, path, status: answer.statusCode, body }
      const change = interposer.meddle?.(passing)
      if (change) meddled++
      hand(response, passing, String(answer.headers['content-type'] ?? 'application/json'), change)
    })()
    answered.catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const interposer: Interposer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meddle: undefined,
    get meddled() {
      return meddled
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await pool.destroy()
    },
  }
  return interposer
}

function hand(response: ServerResponse, { method, status, body }: Passing, type: string, change: Meddling | undefined): void {
  const changed = change && 'body' in change ? change : { status, body }
  response.writeHead(changed.status, { 'content-type': type, 'content-length': changed.body.length })
  if (!change || !('cut' in change) || method === 'HEAD') response.end(changed.body)
  else response.write(body.subarray(0, change.cut), () => response.destroy())
}
