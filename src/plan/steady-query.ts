/**
 * A query that chooses documents is asked again and again: for every partition, in every round, on both sides. It must
 * choose the same ones each time, and let a document in or out only when that is written. One that looks at the clock, or
 * at other documents, does not: what starts to match without being written is never seen by a later round.
 */
import { ShardferryError } from '../model/errors.ts'
import type { Json, JsonObject } from '../model/plan.ts'
import { isObject } from '../metadata/tree.ts'

export interface Unsteady {
  /** Such as `range.seen.gte`. */
  readonly place: string
  /** Completes "it …". */
  readonly why: string
  readonly hint: string
}

/** Date math on the present: alone it is only taken for such where a date is compared. */
const mathOnNow = /^now(?:[+-]\d+[yMwdhHms]|\/[yMwdhHms])+$/
const boundOnNow = /^now(?:$|[+\-/|])/
const boundKeys = new Set(['gte', 'gt', 'lte', 'lt', 'from', 'to'])
const textOnNow = /[[{]\s*now\b|\bTO\s+now\b|[<>]=?\s*now\b|\bnow(?:[+-]\d+[yMwdhHms]|\/[yMwdhHms])/
const textQueries = new Set(['query_string', 'simple_query_string'])
const clock = /new Date\(\s*\)|currentTimeMillis|nanoTime|\.now\(|random\(/i

/** What makes a query choose other documents at another time; undefined where nothing does, as far as can be seen. */
export function unsteadyPart(query: JsonObject, nowMs: number): Unsteady | undefined {
  return inside(query, [], nowMs)
}

/** @throws ShardferryError `plan-invalid` */
export function requireSteady(query: JsonObject | undefined, index: string, nowMs: number): void {
  const found = query && unsteadyPart(query, nowMs)
  if (!found) return
  throw new ShardferryError('plan-invalid', `The query for ${index} cannot be used: at ${found.place} it ${found.why}.`, {
    hint: found.hint,
  })
}

function inside(value: Json, path: readonly string[], nowMs: number): Unsteady | undefined {
  if (typeof value === 'string') return inText(value, path, nowMs)
  if (Array.isArray(value))
    return firstOf(
      value.map((item: Json, at) => [item, [...path, String(at)]] as const),
      nowMs,
    )
  if (!isObject(value)) return undefined
  const lookup = looksUp(value, path)
  return (
    lookup ??
    firstOf(
      Object.entries(value).map(([key, inner]) => [inner, [...path, key]] as const),
      nowMs,
    )
  )
}

function firstOf(parts: readonly (readonly [Json, readonly string[]])[], nowMs: number): Unsteady | undefined {
  for (const [value, path] of parts) {
    const found = inside(value, path, nowMs)
    if (found) return found
  }
  return undefined
}

function inText(text: string, path: readonly string[], nowMs: number): Unsteady | undefined {
  const [key = '', , clause = ''] = path.toReversed()
  const place = path.join('.')
  const bound = clause === 'range' && boundKeys.has(key) && boundOnNow.test(text)
  const inQueryText = path.some(part => textQueries.has(part)) && key === 'query' && textOnNow.test(text)
  if (bound || inQueryText || mathOnNow.test(text)) {
    const iso = new Date(nowMs).toISOString()
    const fixed =
      bound || mathOnNow.test(text) ? text.replace(/^now\|?\|?(.*)$/, (_, math: string) => iso + (math ? `||${math}` : '')) : iso
    return {
      place,
      why: `compares with the present (${JSON.stringify(text)}), so documents start or cease to match without being written`,
      hint: `Name a fixed time instead: ${inQueryText ? 'instead of now ' : ''}"${fixed}" is that time as of this moment.`,
    }
  }
  if (path.includes('script') && clock.test(text))
    return {
      place,
      why: 'runs a script that asks for the time or for chance, so it chooses other documents each time',
      hint: 'Give the time as a parameter of the script.',
    }
  return undefined
}

/** Terms and shapes that are looked up in another document. */
function looksUp(value: JsonObject, path: readonly string[]): Unsteady | undefined {
  const inTerms = path.at(-2) === 'terms' && typeof value['index'] === 'string' && typeof value['path'] === 'string'
  if (!inTerms && !isObject(value['indexed_shape'])) return undefined
  return {
    place: path.join('.'),
    why: 'looks at another document, so documents start or cease to match when that one is written',
    hint: 'Write the looked-up values into the query itself.',
  }
}
