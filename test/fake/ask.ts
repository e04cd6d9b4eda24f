// A plain client for the fake's own tests.
import type { FakeCluster } from './fake.ts'

export interface Answer {
  status: number
  text: string
  /** The parsed text; undefined when it is no JSON. */
  body: unknown
}

/** Sends one request. An object goes out as JSON, a text as it is. */
export async function ask(fake: FakeCluster, method: string, path: string, body?: object | string): Promise<Answer> {
  const payload = typeof body === 'object' ? JSON.stringify(body) : body
  const init = payload === undefined ? { method } : { method, body: payload, headers: { 'content-type': 'application/json' } }
  const response = await fetch(fake.url + path, init)
  const text = await response.text()
  return { status: response.status, text, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** A `_bulk` body of `index` actions: each entry is an action's metadata and the document's text. */
export function lines(...items: [meta: object, source: string][]): string {
  return items.map(([meta, source]) => `${JSON.stringify({ index: meta })}\n${source}\n`).join('')
}

/** The hits of a search answer. */
export function hitsOf(answer: Answer): { _id?: string; _seq_no?: number; sort?: unknown[] }[] {
  return (answer.body as { hits: { hits: { _id?: string; _seq_no?: number; sort?: unknown[] }[] } }).hits.hits
}

/** The error a failed request names. */
export function errorOf(answer: Answer): { type: string; reason: string } {
  return (answer.body as { error: { type: string; reason: string } }).error
}

/** The items of a `_bulk` answer, without their action. */
export function itemsOf(answer: Answer): { status: number; _seq_no?: number; _version?: number; error?: { type: string } }[] {
  const { items } = answer.body as { items: Record<string, { status: number }>[] }
  return items.flatMap(item => Object.values(item))
}
