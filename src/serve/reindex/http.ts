import type { Context } from 'hono'
import type { JsonObject } from '../../model/plan.ts'
import type { TargetAnswer } from './ask-target.ts'

/** Each once; undefined where one is given twice, which the target judges. */
export function paramsOf(c: Context): Readonly<Record<string, string>> | undefined {
  const pairs = [...new URL(c.req.url).searchParams]
  const params = Object.fromEntries(pairs)
  return Object.keys(params).length === pairs.length ? params : undefined
}

/** With the query, as it came. */
export function pathOf(c: Context): string {
  const incoming = (c.env as { incoming?: { url?: string } } | undefined)?.incoming?.url
  if (incoming?.startsWith('/') === true) return incoming
  const { pathname, search } = new URL(c.req.url)
  return pathname + search
}

/** @param headers of an answer of the target's to the same client: its type and its mark */
export function shown(c: Context, status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): Response {
  const { pretty } = c.req.query()
  const isPretty = pretty !== undefined && pretty !== 'false'
  const text = isPretty ? `${JSON.stringify(body, undefined, 2)}\n` : JSON.stringify(body)
  const { 'content-type': type = 'application/json; charset=UTF-8', 'x-elastic-product': product } = headers
  return new Response(text, {
    status,
    headers: { 'content-type': type, ...(product === undefined ? {} : { 'x-elastic-product': product }) },
  })
}

export function asTold({ status, headers, body }: TargetAnswer): Response {
  return new Response(body, { status, headers })
}
