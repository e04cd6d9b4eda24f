import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LabCluster, LabNode } from './record.ts'

export interface Question {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  path: string
  /** An object is sent as JSON, text as NDJSON. */
  body?: object | string
  /** Instead of the administrator's name and password; false sends none. */
  authorization?: string | false
  /** PEM text instead of that of the cluster's CA. */
  ca?: string
  timeoutMs?: number
}

export interface Answer {
  status: number
  body: string
}

/** Asks one node as the cluster's administrator and gives the answer, whatever its status. No proxy and no kept connection is involved. */
export function ask(cluster: LabCluster, node: LabNode, question: Question): Promise<Answer> {
  const { method = 'GET', path, timeoutMs = 5000 } = question
  const body = typeof question.body === 'object' ? JSON.stringify(question.body) : question.body
  const headers = {
    ...(body === undefined ? {} : contentHeaders(body, typeof question.body === 'object')),
    ...authorization(cluster, question),
  }
  const target = { host: '127.0.0.1', port: node.port, method, path, headers, agent: false, timeout: timeoutMs }
  const request = cluster.secure ? httpsRequest({ ...target, ca: question.ca ?? ownCa(cluster) }) : httpRequest(target)
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    request.on('response', response => {
      const chunks: string[] = []
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (chunk: string) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: chunks.join('') }))
    })
    request.end(body)
  })
}

/** With the length, as Node leaves the body of a DELETE away without it. */
function contentHeaders(body: string, json: boolean): Record<string, string | number> {
  return { 'content-type': json ? 'application/json' : 'application/x-ndjson', 'content-length': Buffer.byteLength(body) }
}

function authorization({ admin }: LabCluster, question: Question): { authorization?: string } {
  const { authorization = admin !== undefined && basic(admin.username, admin.password) } = question
  return authorization === false ? {} : { authorization }
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function ownCa({ caPath }: LabCluster): string | undefined {
  return caPath === undefined ? undefined : readFileSync(caPath, 'utf8')
}
