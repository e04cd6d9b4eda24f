// What a handler gets and gives back.
import type { ActiveFaults } from './faults.ts'
import { ApiError } from './errors.ts'
import { asObject, JsonError, parseJson } from './json.ts'
import type { Json, JsonObject } from './json.ts'
import type { Store } from './store.ts'

/** One request as the handlers see it: path parameters decoded, body decompressed. */
export interface Call {
  method: string
  params: Record<string, string>
  query: URLSearchParams
  body: Buffer
  store: Store
  faults: ActiveFaults
}

export interface Reply {
  status: number
  /** Undefined is an empty body, which is what a 413 has. */
  body: Json | undefined
  headers?: Record<string, string>
}

export type Handler = (call: Call) => Reply

export function ok(body: Json): Reply {
  return { status: 200, body }
}

/** A flag of the query string: present without a value counts as true. */
export function flag(call: Call, name: string, otherwise = false): boolean {
  const value = call.query.get(name)
  return value === null ? otherwise : value !== 'false'
}

/** The body as an object, or an empty one without a body. */
export function bodyObject(call: Call): JsonObject {
  if (call.body.length === 0) return {}
  try {
    return asObject(parseJson(call.body.toString()))
  } catch (error) {
    if (error instanceof JsonError) throw new ApiError(400, jsonErrorType(error), error.message)
    throw error
  }
}

export function jsonErrorType(error: JsonError): string {
  return error.cutOff ? 'json_e_o_f_exception' : 'json_parse_exception'
}

const UNIT_MS: Record<string, number> = { nanos: 1e-6, micros: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30s`, `1m`, `50ms` and so on, in milliseconds. */
export function durationMs(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)(nanos|micros|ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 1) : undefined
}

/** The `_shards` block of an answer. */
export function shardsBlock(total: number, failed: number, skipped = false): JsonObject {
  const block: JsonObject = { total, successful: total - failed, ...(skipped ? { skipped: 0 } : {}), failed }
  if (failed > 0) block['failures'] = [{ shard: 0, reason: { type: 'node_disconnected_exception', reason: 'disconnected' } }]
  return block
}
