/**
 * What the target itself says of a request, before anything is done: its parser and its checks decide, whatever its
 * version, and in its own words. It is asked so that it can do nothing: with a remote that nobody can connect to (port 0).
 */
import { text } from 'node:stream/consumers'
import { wordsOf } from '../../cluster/words.ts'
import type { Door } from './door.ts'
import type { Params } from './request.ts'

export interface TargetAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Verdict =
  | { readonly kind: 'valid'; readonly headers: TargetAnswer['headers'] }
  | { readonly kind: 'refused'; readonly answer: TargetAnswer }

const nowhere = 'http://0:0'

/** @param headers the client's, its login among them @param body as it came: places in error messages stay what they are */
export async function askTarget(
  door: Door,
  headers: Readonly<Record<string, string | string[]>>,
  params: Params,
  body: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const answer = await ask(door, 'POST', reindexPath(harmless(params)), headers, toNowhere(body), signal)
  const { status } = answer
  if (status < 300) return { kind: 'valid', headers: answer.headers }
  const { error } = wordsOf({ status, body: Buffer.from(answer.body) })
  const unknownHere = status === 405 || (status === 400 && answer.body.includes('no handler found'))
  const nobodyThere = JSON.stringify(error).includes('[0:0]') || status >= 500
  return unknownHere || nobodyThere ? { kind: 'valid', headers: answer.headers } : { kind: 'refused', answer }
}

function reindexPath(params: Params): string {
  const query = new URLSearchParams(params).toString()
  return `/_reindex${query === '' ? '' : `?${query}`}`
}

/** Asks the target for a client, and gives what a client is to see of the answer. */
export async function ask(
  door: Door,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
  body: string | null,
  signal: AbortSignal,
): Promise<TargetAnswer> {
  const { 'content-length': _length, 'accept-encoding': _encoding, ...kept } = headers
  const answer = await door.send({ method, path, headers: kept, body, signal })
  const shown = ['content-type', 'x-elastic-product', 'warning', 'www-authenticate', 'allow'] as const
  const known = shown.flatMap(name => (answer.headers[name] === undefined ? [] : [[name, String(answer.headers[name])]]))
  return { status: answer.status, headers: Object.fromEntries(known) as Record<string, string>, body: await text(answer.body) }
}

/** Only with wait_for_completion does an answer tell; and slices from remote are ours. */
function harmless({ wait_for_completion: _waits, ...params }: Params): Params {
  const { slices } = params
  if (slices === undefined || !/^(auto|[1-9]\d*)$/.test(slices)) return params
  return { ...params, slices: '1' }
}

/** The same text with another host; what it grows shorter by is spaces. */
function toNowhere(body: string): string {
  const host = JSON.stringify(hostIn(body))
  const replaced = body.replaceAll(host, JSON.stringify(nowhere).padEnd(host.length))
  return hostIn(replaced) === nowhere ? replaced : rebuilt(body)
}

function hostIn(text: string): unknown {
  const { source } = JSON.parse(text) as { source: { remote: { host: unknown } } }
  return source.remote.host
}

/** Where the text spells the host in another way. */
function rebuilt(text: string): string {
  const { source, ...body } = JSON.parse(text) as { source: { remote: object } }
  return JSON.stringify({ ...body, source: { ...source, remote: { ...source.remote, host: nowhere } } })
}
