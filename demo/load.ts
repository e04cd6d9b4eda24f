import type { Client } from './client.ts'
import { DemoError } from './stage.ts'

/** One line of work for `_bulk`. `source` is JSON text and is sent byte for byte; an update's is its body. */
export type Operation =
  | { readonly op: 'index' | 'update'; readonly id: string; readonly routing?: string; readonly source: string }
  | { readonly op: 'delete'; readonly id: string; readonly routing?: string }

/** What an index is created with, and what happens to it: first all of `documents`, then all of `revisions`. */
export interface DemoIndex {
  readonly name: string
  readonly definition: object
  readonly documents: readonly Operation[]
  /** Updates and deletes: they leave gaps in the sequence numbers, as in any index that is in use. */
  readonly revisions: readonly Operation[]
}

const operationsPerRequest = 4000
const requestsAtOnce = 3

export async function load(client: Client, { name, definition, documents, revisions }: DemoIndex): Promise<void> {
  await client.text('PUT', `/${name}`, definition)
  await write(client, name, documents)
  await write(client, name, revisions)
  await client.text('POST', `/${name}/_refresh`)
}

export async function write(client: Client, index: string, operations: readonly Operation[]): Promise<void> {
  let next = 0
  const sendRest = async (): Promise<void> => {
    while (next < operations.length) {
      const from = next
      next += operationsPerRequest
      await sendBulk(client, index, operations.slice(from, next))
    }
  }
  await Promise.all(Array.from({ length: requestsAtOnce }, sendRest))
}

async function sendBulk(client: Client, index: string, operations: readonly Operation[]): Promise<void> {
  const body = operations.map(lines).join('')
  const answer = await client.text('POST', `/${index}/_bulk?filter_path=errors,items.*.error`, body)
  const { errors, items } = JSON.parse(answer) as { errors: boolean; items?: unknown[] }
  if (errors) throw new DemoError(`The ${client.label} refused documents for ${index}, first: ${JSON.stringify(items?.[0])}`)
}

function lines(operation: Operation): string {
  const { op, id, routing } = operation
  const action = JSON.stringify({ [op]: { _id: id, ...(routing === undefined ? {} : { routing }) } })
  return operation.op === 'delete' ? `${action}\n` : `${action}\n${operation.source}\n`
}
